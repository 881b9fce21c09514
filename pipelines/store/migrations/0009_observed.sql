-- What an export showed of how its site is looked after, in our own sentences: comments left standing, languages not covered.
ALTER TABLE sources ADD COLUMN observed VARCHAR[] DEFAULT [];
