"""How the shipped names model in ``data/model`` is trained: needed by its makers alone, never at run time (extra ``[model]``)."""
