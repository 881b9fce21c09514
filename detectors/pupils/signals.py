"""What speaks for and against a candidate: named signals, read off the words around it. No weights here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from detectors.base import Item
from detectors.lexicons import everyday_words, load_lexicon
from detectors.pupils.candidates import NAMES_ONE, STRONG, Candidate, invisible
from detectors.text.fold import Folded, folded_key
from detectors.text.names import NameSpan
from detectors.text.roll import RollIndex

GROUP_WINDOW = 90  # code points between a name and the group that settles whose it is
# The dot of an initial or a title ends no sentence. What stands before the dot is asked for after it, which is the faster way.
_SENTENCE_END = re.compile(r"[.!?…](?<![\s.(][A-Z].)(?<!\bMr.)(?<!\bMrs.)(?<!\bDr.)(?<!\bSt.)[.!?…]*[\"'”’)]*(?=\s)|\n")
_NEXT_WORD = re.compile(r"[ \t]+([^\W\d_][\w'’‐‑-]*)")
_PREVIOUS_WORD = re.compile(r"([^\W\d_][\w'’‐‑-]*)[ \t]+$")
# A title: few words, all but the little ones with capitals.
_TITLE_CASE = re.compile(
    r"[^\w\s]*[A-Z][^\s]*(?:\s+(?:[^a-z\s][^\s]*|the|of|and|a|an|in|on|to|for|with|by|from|is|it)){0,6}[!?.,]?"
)
_QUOTED = re.compile(r"[\"“‘*_]([^\"“”‘’*_\n]{2,60})[\"”’*_]")
_NAMED_AFTER = re.compile(
    r"['’]?s?\s+(?:memorial|cup|trophy|prize|shield|medal|award|scholarship|bursary|foundation|fund|lecture"
    r"|building|library|centre|house)\b"
    r"|\s*(?:&|and)\s+(?:sons?|daughters?|(?-i:Co)|co\.|partners|associates|bros)(?!\w)",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:well done|well played|congrat\w*|star of|proud|thank|shout ?out|happy birthday|winner|winning|captain"
    r"|scored|scorer|goals?|tries"
    r"|player of|man of|girl of|played by|led by|made by|designed by|painted by|drawn by|written by|read by|solo"
    r"|champion|merits?|certificates?"
    r"|awarded|medal|prize|1st|2nd|3rd|first|second|third|pupils?|students?|classmates?|tutor group|cast|team|squad|bravo|cheer)\b",
    re.IGNORECASE,
)
_KIN = (
    r"(?:mum|mam|mom|mummy|mother|dad|daddy|father|nan|nana|gran|granny|grandma|grandad|grandpa|brother|sister|bro|sis|parents?"
    r"|family|auntie?|uncle|cousin|twin)"
)
_KIN_AFTER = re.compile(rf"['’]?s?['’]?\s+{_KIN}\b", re.IGNORECASE)
_KIN_BEFORE = re.compile(
    rf"\b{_KIN}\s+(?:of|to)\s+$|\b(?:my|our|her|his)\s+(?:\w+\s+)?(?:son|daughter|boy|girl|lad|niece|nephew"
    rf"|grandson|granddaughter|{_KIN[3:-1]}),?\s+$",
    re.IGNORECASE,
)
# "Noor's volcano": names of places and brands are rarely written so.
_OWNED_AFTER = re.compile(r"['’]s [a-z]")
_VERB_AFTER = re.compile(
    r"\s+(?:\([^)\n]{1,20}\)\s+)?(?:is|was|has|had|said|says|won|wins|scored|ran|plays?|played|makes?|made|gets?"
    r"|got|did|does|loves?|loved|wrote|writes|took"
    r"|takes|came|comes|gave|looks?|looked|thinks?|thought|told|asked|led|leads|finished|jumped|sang|sings|read"
    r"|reads|found|brought|knows?|can|could|needs?|wants?"
    r"|and i|who|explained|enjoyed|received|achieved|joined|represented|smashed|nailed|deserves?|earned|beat"
    r"|missed|lost|broke|hurt|went|goes|lives|left|still|kept|keeps|held|swam|swims|rode|rides|ran|drew|draws|hit|hits|threw"
    r"|caught|stole|shone|sat|stood|began|built|fell|flew|chose|bought|grew|cut|put|met|home in"
    r"|(?!chaired|opened|welcomed|thanked|judged|donated|retired|resigned|presented|hosted|need|bed|red|speed|indeed|seed|feed|shed|sled|used)[a-z]{2,}ed)\b",
    re.IGNORECASE,
)
_SAID_BEFORE = re.compile(
    r"[,!?.…]['’\"”]?\s+(?:\w+ly )?(?:said|says|wrote|writes|added|adds|explained|explains|laughed|laughs|grinned|admitted|admits"
    r"|replied"
    r"|recalled|shouted|whispered|joked|told us|told me|insisted|insists|announced|announces|thinks|reckons)\s+$"
)
# "#GeorgiaB": a word and a capital behind it are nobody's season.
_INITIAL_BEHIND = re.compile(r"[a-z][A-Z]$")
_PLACE_BEFORE = re.compile(
    r"\b(?:in|to|from|at|near|via|around|visit(?:ed|ing)?|across|of)\s+(?:the\s+)?$", re.IGNORECASE
)
_ARTICLE = re.compile(r"\b(?:the|an?|this|that|these|every|some|each|any|no)[ \t]+$", re.IGNORECASE)
# As registers write: the surname in capitals, the forename not.
_REGISTER = re.compile(r"[A-Z][A-Z '’-]+,? [A-Z][a-z]")
_BY = re.compile(r"\b(?:by|author|illustrator|starring|feat\.?|featuring|poet|composer|singer)\s+$", re.IGNORECASE)
_OTHER_SCHOOL = re.compile(
    r"[\s,(]*\(?(?:of|from|at)\s+(?:[A-Z][\w'’.-]+\s+){1,4}(?:School|College|Academy|High|Primary|Grammar"
    r"|University|FC|RFC|CC)\b|[\s,(]*\(?(?:of|from|at)\s+St\.? [A-Z][\w]+['’]?s\b"
)
_NOT_OURS = re.compile(
    r"\b(?:not (?:our|that|this|the)s?\b|no relation|namesakes?|isn['’]t ours|nothing to do with|same name"
    r"|different (?=[A-Z])|another (?=[A-Z]))",
    re.IGNORECASE,
)
_NAMES_AS_WORDS = re.compile(
    r"\b(?:names|surnames?|forenames?|clans?|tartans?|named after|means|meanings?|spell\w*)\b", re.IGNORECASE
)
_BRACKETED = re.compile(r"\s*\((?!\d)[A-Z][\w'’&.]+(?: [A-Z][\w'’&.]+){0,3}\)")
_OTHER_SIDE = re.compile(
    r"\b(?:their|opponents?['’]?s?|visitors['’]?|rivals?['’]?|away side['’]?s?|opposition['’]?s?)(?:\s+\w+){0,3},?\s+$",
    re.IGNORECASE,
)
_FOR_THEM = re.compile(r"[^.!?\n]{0,30}\bfor (?:them|the visitors|the other side)\b", re.IGNORECASE)
_ROLE_AFTER = re.compile(r"\s+as\s+(?:the\s+|an?\s+)?[A-Z]")
_ROLE_BEFORE = re.compile(r"(?:^|\n)[^\n–—:]{1,40}(?:\s[-–—]|:|\.{2,}|\t)\s*$")
_FORMER = re.compile(
    r"\(left (?:in )?(?:19|20)\d\d\)|\b(?:former (?:pupil|student|head)|alumn\w+|old (?:boy|girl)|ex-pupil"
    r"|who left (?:us )?in|class of (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_AGE = re.compile(r"\s*(?:\(\s?\d{1,2}\s?\)|,?\s+aged?\s+\d{1,2}\b)", re.IGNORECASE)
_LIST_GAP = re.compile(
    r"\s*(?:\([^()\n]{1,24}\)|\d[\d,.]{0,7}(?:st|nd|rd|th)?|[-–:=]\s?[\w .%'’&/+*-]{1,30}?)?\s*(?:,|&|\+|/|;|•|\|"
    r"|\band\b|,\s*and\b|\n)\s*(?:[-•*]\s*|\d{1,3}(?:st|nd|rd|th)?[.):]?\s*)?"
)
_NUMBERED = re.compile(r"(?:^|\n)\s*(?:\d{1,2}[.):]|[-•*–])\s*$")
# Of an adult: "Florence, 91, beat us all". A pupil of 19 is rarer than an adult of that age; "Second, Noor Lang, 24." is a count.
_ADULT_AGE = re.compile(
    r"\s*(?:(?:\(\s?|,\s+)(?:19|[2-9]\d)(?:\s?\)|,)|\(?,?\s+(?:who is|now|aged?)\s+(?:19|[2-9]\d)\b(?!\s*[-–:]))"
)
# Of somebody who left long ago, right behind the name: "(Class of 2009)", "(1986–93)", "as was".
_LEFT_AFTER = re.compile(
    r"[\s,]*\(?\s?(?:class of|leaver|left (?:us |the school )?in|as was\b|(?:née|nee) [A-Z]"
    r"|(?:19|20)\d\d\s?[-–]\s?(?:19|20)?\d\d\s?\))",
    re.IGNORECASE,
)
# A relative's title is a capital: "Grandad Robert", but "from his nan, Robert was".
_RELATIVE = re.compile(
    r"\b(?:Grand(?:ad|dad|pa|ma|pop)|Gran(?:ny)?|Nan(?:a|ny)?|Nonn[ao]|Opa|Oma|Mamgu|Tadcu|Babcia|Uncle|Aunt(?:ie|y)?"
    r"|[Ww]ife|[Hh]usband|[Ww]idow|[Ff]ianc[ée]e?|[Bb]aby)[ \t]+$"
)
_CALLING = (
    r"(?:caretaker|cook|chef|nurse|doctor|driver|cleaner|gardener|groundsman|receptionist|technician|farmer|vicar|baker|builder"
    r"|engineer|author|poet|artist|sculptor|illustrator|musician|composer|historian|scientist|astronaut|explorer|journalist"
    r"|reporter|mayor|councillor|governor|volunteer|grandmother|grandfather|lollipop (?:lady|man)|police officer|firefighter"
    r"|paramedic|soldier|veteran|trustee|landlord|landlady|postman|shopkeeper|photographer|dinner lady|bus driver|coach driver)"
)
_CALLING_AFTER = re.compile(
    rf",?\s+(?:the|an?|our|their|who is an?)\s+(?:(?:local|old|new|late|retired|former|famous|award-winning|village)\s+){{0,2}}"
    rf"{_CALLING}\b",
    re.IGNORECASE,
)
# Animals and things that people give names to.
_NAMED_THING = (
    r"(?:dog|puppy|spaniel|labrador|labradoodle|cockapoo|retriever|terrier|collie|whippet|greyhound|poodle|cat|kitten"
    r"|tomcat|hamster"
    r"|guinea pig|rabbit|gerbil|rat|tortoise|turtle|snake|python|gecko|lizard|bearded dragon|goldfish|parrot|budgie|hen|chicken"
    r"|cockerel|duck|goose|swan|goat|sheep|lamb|ewe|pig|piglet|cow|calf|bull|pony|horse|mare|foal|donkey|mule|alpaca|llama|owl"
    r"|hawk|falcon|ferret|hedgehog|reindeer|robot|minibus|boat|yacht|ship|dinghy|trawler|lifeboat|tractor|locomotive"
    r"|teddy bear|doll"
    r"|skeleton|scarecrow|snowman|marrow|pumpkin|boiler|printer|storm)"
)
_THING_AFTER = re.compile(
    rf",?\s+(?:the|an?|our|his|her|their|my|your)\s+(?:[\w-]+\s+){{0,2}}?{_NAMED_THING}\b", re.IGNORECASE
)
_THING_BEFORE = re.compile(
    rf"(?:\b{_NAMED_THING}s?,?(?: (?:is|was))?(?: (?:called|named))?|\banswer(?:s|ing) to)\s+[\"“‘']?$", re.IGNORECASE
)
# Surnames alone are how matches are told.
_SPORT = re.compile(
    r"\b\d{1,3}\s?[-–—]\s?\d{1,3}\b|\b(?:goals?|scored|scorers?|tries|wickets?|innings|overs|penalty|penalties|hat-trick|kick-?off"
    r"|half-?time|full-?time|semi-?finals?|finals?|fixtures?|match|race|relay|lane \d|cross-country|regatta|gala|course record"
    r"|personal best|doubles|singles|quad|coxed|captain|keeper|ladder|league|tournament|line-?up)\b",
    re.IGNORECASE,
)
_POSITION_BEFORE = re.compile(
    r"\b(?:(?:goal)?keeper|skipper|captain|striker|winger|midfielder|defender|sweeper|prop|hooker|lock|flanker"
    r"|fly-?half|scrum-?half"
    r"|full-?back|centre|wing|goal (?:attack|shooter|defence|keeper)|wing (?:attack|defence)|bowler|batter|batsman"
    r"|opener|wicketkeeper"
    r"|substitute|sub|cox|stroke|bow|anchor(?: leg)?|freshman|newcomer|debutant|cellist|violinist|pianist|drummer"
    r"|trumpeter|guitarist"
    r"|flautist|soloist|narrator|proposer|seconder|champion|winner|runner-up|head (?:boy|girl|pupil)|prefect)[ \t]+$",
    re.IGNORECASE,
)
# What somebody gives or is given: no place follows "goals from".
_GIVEN_BEFORE = re.compile(
    r"\b(?:(?:goals?|tries|try|winner|equaliser|points?|runs|wickets?|saves?|brace|hat-trick|double|assist|cross|pass"
    r"|work|effort|performance"
    r"|display|solo|song|reading|speech|poem|painting|piece|shot|serve|catch|swim|ride|run|leg|question|idea|cake|card"
    r"|letter|thanks"
    r"|message|note|drawing|turn|lesson)s? (?:from|by)|(?:thanks|thank you|congratulations|congrats|well done|hats off"
    r"|kudos|credit|props"
    r"|big up|shout-?out|happy birthday|belong(?:s|ing)|awarded|presented|(?:prize|award|cup|medal|trophy|shield|vote"
    r"|points?|place|title"
    r"|role|part|certificate|badge)s?(?: \w+)? (?:goes|went|go)) to|(?:pair(?:ing)?|trio|quad|quartet|foursome|crew"
    r"|team|duo|partnership"
    r"|line-up|likes|efforts|combination|hands|boot|bat|pen|brush) of|chased (?:\w+ )*by|passed? to|partnered by|followed by)\s+$",
    re.IGNORECASE,
)
# On a thing that was found or lost: "marked 'N. Lang'".
_MARKED_BEFORE = re.compile(
    r"\b(?:marked|labelled|label(?:s|led)?|tagged|initialled|engraved|signed|with the name|name (?:in(?:side)?|on it"
    r"|tag)(?: \w+){0,2}"
    r"|name\s?(?::|is|says))[\s:,]*[\"“‘'*_]*$",
    re.IGNORECASE,
)
# Who is spoken to: "Bravo, Noor!", "Noor, you were magic".
_ADDRESSED_AFTER = re.compile(r"\s*(?:[!?]|\.?\s*(?:$|\n)|[^\w\s,.;:()\[\]'’\"”/&+#@-])")
_ADDRESS_GOES_ON = re.compile(r",?\s+(?:you(?:['’]\w+|r)?|ur|u|that means you|thank you|well done)\b", re.IGNORECASE)
_BEGINS = re.compile(r"(?:^|[.!?…\n])\s*$")
_THEIRS_AFTER = re.compile(r"\s*(?:,|\()\s*their\b")
# Sums and exercises have people in them who are nobody: "Noor has 12 sweets. How many does she give Teo?"
_EXERCISE = re.compile(
    r"\bhow (?:many|much|far|fast|long|old|tall)\b[^.!\n]{0,60}\?|\b(?:in the ratio|twice as (?:old|many|much|fast)"
    r"|times as (?:old|many|much)|(?:more|fewer|less) \w+ than [A-Z]|spends? (?:a|half|one) \w+|question \d|Q\d{1,2}[.:)]"
    r"|work out|fill in the (?:gap|blank)s?|translate|complete the sentences?)\b",
    re.IGNORECASE,
)
_EXERCISE_REACH = 120  # code points to either side in the same paragraph
_IN_PICTURE = re.compile(
    r"\b(?:(?:front|back|middle|top|bottom|second) row|pictured|in the picture|from (?:the )?left|left to right|from (?:the )?right"
    r"|right to left|l ?(?:-|to) ?r)\b",
    re.IGNORECASE,
)
_SCORE_AFTER = re.compile(r" \d[\d,.]*(?:pts|points|%| ?m| ?s)?(?=[;,.\n|)]|$)")
_COLON_AFTER = re.compile(r"\s?(?::|–|—| - )")
_THING = re.compile(
    r"\b(?:books?|novels?|plays?|musicals?|films?|movies?|songs?|poems?|verses?|albums?|shows?|story|stories"
    r"|episodes?|chapters?|scenes?|acts?|characters?"
    r"|hero(?:ine)?s?|villains?|graphic novel|by William|tribute|boats?|games?|app|brand|shop|restaurant)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Scene:
    """An item as its candidates see it: its parts, the groups it names, what the names model saw, whose item it answers.

    ``spans`` is None where no names model was used; ``famous`` are the single names of well-known people and characters in it,
    ``grown`` those of people who it says are adults.
    """

    item: Item
    index: RollIndex
    parts: Mapping[str, Folded]
    spans: Mapping[str, Sequence[NameSpan]] | None
    expected: Collection[str]
    groups: Mapping[str, Sequence[tuple[int, int, frozenset[str]]]] = field(default_factory=dict)
    famous: frozenset[str] = frozenset()
    grown: frozenset[str] = frozenset()

    @cached_property
    def casing(self) -> dict[str, str]:
        """``lower`` or ``upper`` for parts whose author writes so throughout, ``mixed`` for others."""
        found = {}
        for name, folded in self.parts.items():
            letters = sum(map(str.isalpha, folded.original))
            capitals = sum(map(str.isupper, folded.original))
            share = capitals / max(1, letters)
            found[name] = (
                "upper" if share > 0.7 else "lower" if share < 0.01 or (capitals <= 1 and letters > 8) else "mixed"
            )
        return found

    @cached_property
    def sporting(self) -> frozenset[str]:
        """The parts that tell of a match or a race."""
        return frozenset(n for n, f in self.parts.items() if _SPORT.search(f.original))

    @cached_property
    def quotes(self) -> dict[str, list[tuple[int, int]]]:
        """Where quotation marks open and close."""
        return {n: [m.span(1) for m in _QUOTED.finditer(f.original)] for n, f in self.parts.items()}


def sentence_around(text: str, start: int, end: int, window: int = GROUP_WINDOW) -> tuple[int, int]:
    """Start and end of the sentence or line that holds the code points, at most ``window`` of them to either side."""
    left = max(
        (m.end() for m in _SENTENCE_END.finditer(text, max(0, start - window), start)), default=max(0, start - window)
    )
    match = _SENTENCE_END.search(text, end, min(len(text), end + window))
    return left, match.start() if match else min(len(text), end + window)


def group_near(candidate: Candidate, scene: Scene) -> tuple[frozenset[str], int] | None:
    """The pupils of the group nearest to the name in its sentence and its distance in code points, None where none is named."""
    groups = scene.groups.get(candidate.part)
    if not groups:
        return None
    left, right = sentence_around(candidate.folded.original, candidate.start, candidate.end)
    best: tuple[frozenset[str], int] | None = None
    for start, end, ids in groups:
        if start < left or end > right or (start < candidate.end and candidate.start < end):
            continue
        distance = candidate.start - end if end <= candidate.start else start - candidate.end
        # "(9K)" right behind a name is its own, whatever stands before the name.
        behind = start >= candidate.end and distance <= 2
        if best is None or behind or (distance < best[1] and best[1] > 2):
            best = ids, 0 if behind else distance
    return best


def signals(candidate: Candidate, scene: Scene, others: Sequence[Candidate], named: Collection[str]) -> Iterator[str]:
    """The names of the signals that speak, each of them a row of ``data/mentions.toml``.

    ``others`` are the item's further candidates, ``named`` the pupils whom it names beyond doubt.
    """
    c, text = candidate, candidate.folded.original
    before, after = text[max(0, c.start - 60) : c.start], text[c.end : c.end + 80]
    strong = c.form in STRONG
    given, marked = _GIVEN_BEFORE.search(before) is not None, _MARKED_BEFORE.search(before) is not None
    yield f"form {c.form}"
    yield from _of_words(c, scene)
    yield from _of_roll(c, scene)
    group = group_near(c, scene)
    in_title = "" if marked else _in_title(c, scene)
    if in_title:
        yield in_title
    if in_title == "in a title in quotation marks":
        pass  # a class beside the title of a book says nothing of who is in it
    elif group:
        if c.people & group[0]:
            yield "its group beside it" if group[1] <= 12 else "its group in the sentence"
        elif not strong:
            yield "another group in the sentence"
    elif any(c.people & ids for groups in scene.groups.values() for _, _, ids in groups):
        yield "its group in the item"
    if c.people & frozenset(named):
        yield "named in full in the item" if not strong else "named twice"
    if c.people & frozenset(scene.expected):
        yield "named in the item answered"
    listed = _listed(c, others)
    if listed and not strong:
        yield listed
    elif listed == "in a list of pupils":
        yield "full names in a list"
    if _NUMBERED.search(before):
        yield "begins a row"
    left, right = sentence_around(text, c.start, c.end, 60)
    if _PRAISE.search(text, left, right):
        yield "words of praise or sport"
    if _KIN_AFTER.match(after) or _KIN_BEFORE.search(before):
        yield "family word beside it"
    if c.genitive or re.match(r"['’]s?(?!\w)", after):
        yield "possessive"
    if c.form == "forename" and _OWNED_AFTER.match(text, c.end - (2 if c.genitive and text[c.end - 1] == "s" else 0)):
        yield "a thing of theirs follows"
    if _VERB_AFTER.match(after):
        yield "a verb follows"
    if _SAID_BEFORE.search(before):
        yield "a verb of speech before"
    if _AGE.match(after):
        yield "age beside it"
    of_adults = list(_of_adults(before, after))
    yield from of_adults
    if not {_ADULTS_AGE, _LEFT}.intersection(of_adults) and c.keys[-1 if c.form == "swapped" else 0] in scene.grown:
        yield "an adult of the name in the item"
    if _THING_AFTER.match(after) or _THING_BEFORE.search(before):
        yield "an animal or thing beside it"
    if _POSITION_BEFORE.search(before):
        yield "a position before it"
    if given:
        yield "given or owed to it"
    if marked:
        yield "written on a thing"
    if c.form == "surname" and not c.tag:
        # "Cross country", "Swift passing": an everyday word that begins a phrase is no scorer
        phrase = _is_everyday(c) and re.match(r"[ \t-]+[a-z]", after) and not _VERB_AFTER.match(after)
        if c.part in scene.sporting and not phrase:
            yield "surname in a report of sport"
        if _surname_style(c, scene, others):
            yield "other surnames alone in the item"
    if c.form in _FAMILIAR and not c.tag and _spoken_to(before, after):
        yield "spoken to"
    if _SCORE_AFTER.match(after):
        yield "a score follows"
    if _COLON_AFTER.match(after):
        yield "colon or dash follows"
    if _OTHER_SCHOOL.match(after):
        yield "of another school"
    elif not group and _BRACKETED.match(after):
        yield "a place in brackets behind it"
    if _OTHER_SIDE.search(before) or _FOR_THEM.match(after) or _THEIRS_AFTER.match(after):
        yield "of the other side"
    if _NOT_OURS.search(text, max(0, c.start - 30), min(len(text), c.end + 30)):
        yield "said not to be ours"
    if _NAMES_AS_WORDS.search(text, left, right):
        yield "speaks of names as words"
    if _ROLE_AFTER.match(after):
        yield "a role behind it"
    if _ROLE_BEFORE.search(before):
        yield "a role before it in the row"
    if _in_exercise(c, scene):
        yield "in an exercise"
    if _IN_PICTURE.search(text, max(0, c.start - 90), c.start):
        yield "says who is in a picture"
    if _FORMER.search(text, left, right):
        yield "speaks of a former pupil"
    yield from _of_neighbours(c, scene, before, after)
    if scene.item.author_role in ("pupil", "parent", "alumnus") and scene.item.kind in ("comment", "reply"):
        yield "comment of a pupil or parent"
    elif scene.item.author_role == "staff" and scene.item.kind in ("comment", "reply") and c.form in _FAMILIAR:
        yield "comment of staff"
    if len(c.keys) == 1 and c.keys[0] in scene.famous:
        yield "name of somebody famous in the item"
    if scene.spans is not None:
        says = _model(c, scene.spans.get(c.part, ()), scene)
        yield says
        if _is_everyday(c):
            yield f"everyday word, {says}"


_FAMILIAR = frozenset(("forename", "nickname", "familiar", "misspelt"))


def is_grown(c: Candidate) -> bool:
    """Whether the words beside a name say that its bearer is an adult: an age, a calling, a year of leaving."""
    text = c.folded.original
    return any(_of_adults(text[max(0, c.start - 60) : c.start], text[c.end : c.end + 80]))


_ADULTS_AGE, _LEFT = "an adult's age beside it", "left long ago"


def _of_adults(before: str, after: str) -> Iterator[str]:
    if _ADULT_AGE.match(after):
        yield _ADULTS_AGE
    elif _LEFT_AFTER.match(after):
        yield _LEFT
    if _RELATIVE.search(before) or _CALLING_AFTER.match(after):
        yield "an adult's calling beside it"


def _spoken_to(before: str, after: str) -> bool:
    """Whether a name stands as one that is spoken to: "Bravo, Noor!", "Noor, you were magic"."""
    if _ADDRESS_GOES_ON.match(after):
        return _BEGINS.search(before) is not None
    return before.endswith((", ", "! ")) and _ADDRESSED_AFTER.match(after) is not None


def _surname_style(c: Candidate, scene: Scene, others: Sequence[Candidate]) -> bool:
    """Whether the author calls another pupil of the part by surname alone."""
    for other in others:
        if other.form == "surname" and other.part == c.part and other.keys != c.keys and not other.tag:
            entry = scene.index.by_key.get(other.keys[0])
            adult = entry is not None and entry.of("adult-surname")
            if other.written[:1].isupper() and other.keys[0] not in everyday_words() and not adult:
                return True
    return False


def _in_exercise(c: Candidate, scene: Scene) -> bool:
    """Whether a forename stands among the words of a sum or an exercise, in a text that the school wrote."""
    if c.form not in ("forename", "nickname") or c.tag or scene.item.kind in ("comment", "reply"):
        return False
    text = c.folded.original
    left = max(text.rfind("\n", 0, c.start) + 1, c.start - _EXERCISE_REACH)
    right = min(len(text), c.end + _EXERCISE_REACH, *([end] if (end := text.find("\n", c.end)) >= 0 else []))
    return _EXERCISE.search(text, left, right) is not None


def _of_words(c: Candidate, scene: Scene) -> Iterator[str]:
    written = c.written
    if _is_everyday(c):
        yield "everyday word"
        if c.tag and len(c.keys) == 1:
            yield "everyday word in a tag"
        if c.form in STRONG and not c.tag and _capitals_mean_a_name(c):
            yield "everyday words, both with capitals"
    elif any(k in everyday_words() for k in c.keys):
        yield "partly an everyday word"
    if len(c.keys) == 1 and len(c.keys[0]) <= 3:
        yield "short"
    if any(k in scene.index.houses for k in c.keys):
        yield "name of a house"
        if re.match(r"\s?[:–—=]", c.folded.original[c.end : c.end + 2]):
            yield "a house and a colon"
    if len(c.keys) == 1 and (entry := scene.index.by_key.get(c.keys[0])) and entry.of("group"):
        yield "name of a class"
    casing = scene.casing[c.part]
    pieces = re.findall(r"[^\W\d_][\w'’]*", written)
    if c.tag:
        yield f"in a {c.tag}"
    elif c.form == "group":
        pass  # "the" and "brothers" are in it
    elif casing == "upper" or written.isupper():
        yield "all in capitals" if casing == "upper" else "in capitals"
    elif all(p[0].isupper() for p in pieces):
        yield "capital"
        if not _inside_sentence(c) and len(pieces) == 1:
            yield "begins a sentence"
    elif casing == "lower":
        yield "lower case throughout"
    else:
        yield "lower case"
    if c.form == "swapped" and casing != "upper" and _REGISTER.match(written):
        yield "surname in capitals"
    if c.disguised or (invisible(written) and c.form != "group"):
        yield "disguised"


def _is_everyday(c: Candidate) -> bool:
    """Whether nothing but everyday words is in it: "#GeorgiaB" has an initial, "the Banks twins" a word for kin."""
    if c.form == "group" and not folded_key(c.written.split()[-1]).startswith(c.keys[0]):
        return False
    return all(k in everyday_words() for k in c.keys) and not (c.tag and _INITIAL_BEHIND.search(c.written))


def _capitals_mean_a_name(c: Candidate) -> bool:
    """Whether each word of it has a capital in a sentence where most words have none: "went to Hope Winter", not a headline."""
    if not all(w[0].isupper() for w in _LETTERS.findall(c.written)) or c.written.isupper():
        return False
    left, right = sentence_around(c.folded.original, c.start, c.end)
    around = _LETTERS.findall(c.folded.original[left : c.start]) + _LETTERS.findall(c.folded.original[c.end : right])
    return sum(1 for w in around if w[0].isupper()) * 2 <= len(around)


_LETTERS = re.compile(r"[^\W\d_][\w'’]*")


def _inside_sentence(c: Candidate) -> bool:
    before = c.folded.original[max(0, c.start - 20) : c.start].rstrip(" \t\"'“‘(*")
    return bool(before) and before[-1] not in ".!?\n:…•-–" and not before[-1].isspace() and ord(before[-1]) < 0x2190


def _of_roll(c: Candidate, scene: Scene) -> Iterator[str]:
    fits = len(c.people)
    yield (
        "fits one pupil"
        if fits == 1
        else "fits 2 or 3 pupils"
        if fits <= 3
        else "fits 4 or 5 pupils"
        if fits <= 5
        else "fits many pupils"
    )
    if not c.tag and not c.disguised and not invisible(c.written):  # nobody disguises Jane Austen
        single = "single " if len(c.keys) == 1 and c.namesakes - {"adult"} else ""
        for namesake in sorted(c.namesakes):
            yield f"{single}namesake: {namesake}"
    if len(c.keys) == 1 and c.form in ("forename", "nickname", "surname", "misspelt", "familiar"):
        entry = scene.index.by_key.get(c.keys[0])
        if entry and entry.of("adult-surname") and c.form == "surname":
            yield "surname of an adult"
        if entry and entry.of("adult-forename"):
            yield "forename of an adult"


_INITIALLED = frozenset(("initial", "surname-initial", "initial-last"))  # "Will P" is no everyday word


def _listed(c: Candidate, others: Sequence[Candidate]) -> str:
    """Whether another pupil's name stands next to it in a list: "Noor, Eva and Max"; empty where none does."""
    text, words = c.folded.original, everyday_words()
    found = ""
    for other in others:
        if other is c or other.part != c.part or other.form in ("adult", "known") or abs(other.start - c.start) > 90:
            continue
        if c.tag == other.tag == "hashtag" and not _is_everyday(other):
            return "in a list of pupils"
        gap = text[other.end : c.start] if other.end <= c.start else text[c.end : other.start]
        if 0 < len(gap) <= 44 and _LIST_GAP.fullmatch(gap):
            if other.form in _INITIALLED or not all(k in words for k in other.keys):
                return "in a list of pupils"
            found = "in a list of everyday words"
            if not _is_everyday(c) and any(_next_in_list(other, third) for third in others if third is not c):
                return "in a list of pupils"  # "J Lang, Winter, Nowak": the list is of people all the same
    return found


def _next_in_list(one: Candidate, other: Candidate) -> bool:
    """Whether another pupil's name that is no everyday word stands next to this one in a list."""
    if other is one or other.part != one.part or not (other.form in _INITIALLED or not _is_everyday(other)):
        return False
    text = one.folded.original
    gap = text[other.end : one.start] if other.end <= one.start else text[one.end : other.start]
    return 0 < len(gap) <= 44 and _LIST_GAP.fullmatch(gap) is not None


def _of_neighbours(c: Candidate, scene: Scene, before: str, after: str) -> Iterator[str]:
    """What the words beside a name make of it: a part of a longer name, a place, a title of a work."""
    if c.tag:
        return
    text, places = c.folded.original, load_lexicon("places")
    following, previous = _NEXT_WORD.match(after), _PREVIOUS_WORD.search(before)
    if _NAMED_AFTER.match(after):
        yield "something named after it"
    elif following and folded_key(following[1]) in places and (following[1][0].isupper() or c.form == "surname"):
        yield "place or thing follows"
    elif (
        following
        and following[1][0].isupper()
        and not (following[1].isupper() and c.form in ("forename", "surname", "full"))
    ):
        yield "another capital word follows" + (" a full name" if c.form in ("full", "misspelt-full") else "")
    if previous and previous[1][0].isupper() and _PREVIOUS_INSIDE.search(before):
        if folded_key(previous[1]) in places:
            yield "place or thing before"
        elif not previous[1].isupper() or not c.written.isupper():
            yield "another capital word before"
    elif previous and previous[1][0].isupper() and c.form == "surname":
        yield "a sentence begins with the word before"
    if after[:1] in tuple("-‐‑") and after[1:2].isalpha():
        yield "joined to another word"
    if before[-1:] in tuple("-‐‑'’") and before[-2:-1].isalpha():
        yield "joined to another word"
    if c.form not in NAMES_ONE and _PLACE_BEFORE.search(before) and not _GIVEN_BEFORE.search(before):
        yield "preposition before"
    if _ARTICLE.search(before) and c.form != "group":
        yield "article before"
    if _BY.search(before):
        yield "by before"
    left, right = sentence_around(text, c.start, c.end, 50)
    if _THING.search(text, left, right):
        yield "speaks of a work or thing"


def _in_title(c: Candidate, scene: Scene) -> str:
    """Whether the name stands alone in quotation marks, or in the title of a work; empty where it does not."""
    for start, end in scene.quotes[c.part] if not c.tag else ():
        if (start, end) == (c.start, c.end):
            return "in quotation marks"
        if start <= c.start and c.end <= end and _TITLE_CASE.fullmatch(c.folded.original, start, end):
            return "in a title in quotation marks"
    return ""


# A capital word before counts where it does not itself begin a sentence: "Victor Hugo", not "Today Hugo".
_PREVIOUS_INSIDE = re.compile(r"[\w,;'’)][ \t]+[^\W\d_][\w'’‐‑-]*[ \t]+$")


def _model(c: Candidate, spans: Sequence[NameSpan], scene: Scene) -> str:
    """What the names model says of the candidate's letters."""
    for span in spans:
        if span.start < c.end and c.start < span.end:
            rest = (
                scene.parts[c.part].original[span.start : c.start]
                + " "
                + scene.parts[c.part].original[c.end : span.end]
            )
            if not c.tag and re.search(r"[^\W\d_]{2,}", re.sub(r"['’]s\b", "", rest)):
                return "part of a longer name for the names model"
            return (
                "surely a name for the names model"
                if span.score >= 0.95
                else "a name for the names model"
                if span.score >= 0.8
                else "perhaps a name for the names model"
            )
    return "no name for the names model"
