"""A password, code or key that opens something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from detectors.base import Context, Detector, Evidence, PlainText, Reading, Severity
from detectors.lexicons import load_lexicon
from detectors.text.around import evidence, sentence
from detectors.text.spans import Disjoint

_WORD_FOR_IT = r"(?:pass ?words?|passwd|pass ?phrases?|pass ?codes?|pwd|p/?w|pss?wd|p'?words?)"
_DOOR = (
    r"door|key|gate|entry|entrance|access|alarm|security|key ?safes?|key ?pad|lock(?: ?box)?|padlock|"
    r"lockers?|safe|shed|building|barrier|unlock|disarm|side|back|front|"
    r"staff ?room|office|store|cupboard|car ?park|bike (?:shed|store|lock)|pavilion|boot room|"
    r"changing room|lift|exit|hall|pool|gym|class(?:room)?|join(?:ing)?|activation|"
    r"log-?in|sign[- ]?in|invite|verification|one[- ]time|backup|recovery|admin|wi-?fi|guest|meeting|"
    r"zoom|teams|copier|photocopier|printer|till|box|cabinet|drawer|van|voicemail|safe|garage|caretaker's|"
    r"parking|unlock(?:ing)?|ipad|tablet|phone|screen|reset|set-?up|parent|pupil|student|teacher|staff"
)
_KEYED = (
    r"(?:recovery|backup|activation|wi-?fi|network|wireless|wpa2?|security|api|secret|access|encryption|"
    r"private|licen[cs]e|hotspot|router|product)"
)
_LINK = (
    r"(?:[ ]?(?:\((?!s\)).{1,20}?\))?(?:[ ](?:for|to|on|at|of|"
    r"into)[ ](?:[\w'&/.-]{1,20}[ ]){0,6}?(?:[\w'&/.-]{1,20})|[ ](?:this|next|from)[ ](?:week|term|"
    r"month|year))?"
    r"(?:[ ]{0,2}(?:\bis\b|\bwas\b|\bare\b|\bwill be\b|'s|[=:]|[-=]>|→|(?<=[ ])-(?=[ ])|\bremains\b|"
    r"\bchanged to\b|\b(?:re)?set to\b|\bnow\b|\bstill\b|\bcurrently\b|\balways\b|\bjust\b|\bhas been\b|"
    r"\bhas\b)){1,3}[ ]{0,2}\n?[ ]{0,2})"
)
_VALUE = r"(?P<secret>\"[^\"\n]{3,60}\"|'[^'\n]{3,60}'(?!\w)|[^\s,;\"'()<>\[\]]{2,80})"
_Q = r"[(\[]?"
_QUOTED = r"'?(?P<secret>\"[^\"\n]{3,60}\"|[^\s,;\"'()<>\[\]]{3,80})"

# (what was named, pattern). The secret stands in the group of that name.
_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, flags))
    for name, pattern, flags in (
        ("password", rf"(?<![A-Za-z]){_WORD_FOR_IT}\b{_LINK}{_Q}{_VALUE}", re.IGNORECASE),
        ("password, bare", rf"(?<![A-Za-z]){_WORD_FOR_IT}\b(?:[ ]\n?|\n){_VALUE}", re.IGNORECASE),
        ("password, in brackets", rf"(?<![A-Za-z]){_WORD_FOR_IT}\b[^\n.:\"()]{{0,40}}[(]{_VALUE}[)]", re.IGNORECASE),
        (
            "password, in quotes",
            rf"(?<![A-Za-z]){_WORD_FOR_IT}\b[^\n.:\"()]{{0,40}}(?P<secret>\"[^\"\n]{{3,60}}\")",
            re.IGNORECASE,
        ),
        (
            "password, before",
            rf"(?P<secret>\"[^\"\n]{{3,60}}\"|[^\s,;\"'()<>\[\]]{{4,80}})[ ]+(?:is|was|being|as)[ ](?:the|our|my|"
            rf"his|her|their|a)?[ ]?(?:[\w'-]{{1,16}}[ ]){{0,3}}{_WORD_FOR_IT}\b",
            re.IGNORECASE,
        ),
        ("pass", rf"(?<!\w)(?<!\w[ ])(?:pass|pw)\b(?:[ ]?[:=/-][ ]{{0,2}}|[ ]){_VALUE}", re.IGNORECASE),
        ("pass", rf"\b(?:and|with|user\w*)[ ](?:the[ ])?(?:pass|pw)\b[ ]?[:=]?[ ]?{_VALUE}", re.IGNORECASE),
        ("pass", rf"(?<=[ ])(?:pass|pw)[ ]?[:=][ ]?{_VALUE}", re.IGNORECASE),
        (
            "password, tried",
            rf"{_WORD_FOR_IT}\b[?!.,]{{1,3}}[ ](?:try|use|it's|its|it is|enter|type)[ ]{_VALUE}",
            re.IGNORECASE,
        ),
        (
            "password, later",
            rf"{_WORD_FOR_IT}\b[^\n.:;\"]{{0,24}}?[ ](?:it's|its|it is|it was|was|is|being)[ ]{_VALUE}",
            re.IGNORECASE,
        ),
        (
            "code, before",
            r"(?P<secret>[A-Za-z0-9-]{4,20})[ ]+(?:is|was|being|as)[ ](?:the|our|my|your|"
            r"a)[ ](?:[\w'-]{1,16}[ ]){0,2}(?:codes?|pin)\b",
            re.IGNORECASE,
        ),
        (
            "PIN",
            rf"\b(?:PIN|[Pp]in)(?:[ ](?:code|number|no\.?|num))?\b(?:{_LINK}|"
            rf"[ ]){_Q}(?P<secret>\d(?:[ -]?\d){{2,9}})(?![\w%]|[.,]\d)",
            0,
        ),
        (
            "code",
            rf"\b(?:{_DOOR})[ -]?(?:codes?|key code|number code|pin)\b(?:{_LINK}|"
            rf"[ ]){_Q}(?P<secret>(?-i:[A-Z0-9]{{3,5}}[ -][A-Z0-9]{{3,5}})(?![\w])|\"[^\"\n]{{3,30}}\"|"
            rf"[^\s,;\"'()<>\[\]]{{3,40}})",
            re.IGNORECASE,
        ),
        (
            "code of a place",
            rf"\b(?:codes?|combination|combo)\b{_LINK}{_Q}(?P<secret>\d{{1,2}}(?:[ -]\d{{1,2}}){{2,5}}|"
            rf"\"[^\"\n]{{3,30}}\"|[^\s,;\"'()<>\[\]]{{3,40}})",
            re.IGNORECASE,
        ),
        (
            "code, bare",
            r"\b(?:codes?|combination|"
            r"combo)[ ](?P<secret>(?=[a-zA-Z]{0,8}\d)(?=\d{0,8}[a-zA-Z])[A-Za-z0-9]{5,9}|"
            r"\d{1,2}(?:-\d{1,2}){2,4}|[A-Z]?\d{4,6}[A-Z#*]?)(?![\w])",
            0,
        ),
        (
            "lock",
            r"\b(?:key ?safe|lock ?box|padlock|key ?pad|bike lock|safe|locker|alarm|gate|"
            r"door)\b(?!-)[^\n\t.:;\d\"]{0,36}(?:[:=]|(?<=[ ])-(?=[ ])|\bis\b|"
            r"[ ])[ ]{0,2}(?P<secret>\d{1,2}(?:-\d{1,2}){2,4}|(?:[A-Z]?\d{4,6}[A-Z#*]?))(?![\w:]|[ ]\d|[.,]\d|"
            r"[ ]?(?:pm|am)\b)",
            re.IGNORECASE,
        ),
        (
            "typed",
            r"\b(?:punch|press|type|key|tap|enter|dial|use|input|cancell?ed with|set with|buzz)(?:ed|"
            r"ing)?[ ](?:in[ ])?(?:the code[ ])?(?:[A-Z*#][ ](?:then |"
            r"and )?)?(?P<secret>[*#]?[A-Z]?\d{3,8}[A-Z#*]?)(?![\w:-]|[.,]\d)",
            re.IGNORECASE,
        ),
        ("key", rf"\b{_KEYED}[ ](?:pass)?(?:key|token)s?\b(?:{_LINK}|[ ]){_Q}{_VALUE}", re.IGNORECASE),
        (
            "key of a network",
            rf"\b(?:wi-?fi|network|ssid|wireless|hotspot)\b[^\n]{{0,50}}?\b(?:pass)?key\b(?:{_LINK}|[ ]){_Q}{_VALUE}",
            re.IGNORECASE,
        ),
        (
            "token",
            rf"\b(?:api[_ -]?key|token|client[_ -]?secret|secret[_ -]?key|bearer|access[_ -]?token)\b(?:{_LINK}|"
            rf"[ ]?[=:][ ]?|[ ]){_QUOTED}",
            re.IGNORECASE,
        ),
        (
            "pair",
            r"\b(?:log(?:ged|s|ging)?[ -]?(?:in|on)s?|signed in|sign[ -]?in|s?ftp|ssh|vpn|portal|cms|wordpress|"
            r"router|nas|dvr|nvr|cctv|recorder|user(?:[ ]?names?)?|u/?n|credentials|wi-?fi|"
            r"account details)\b[^\n/|]{0,40}?(?<![\w./:@-])(?P<user>[\w.@+-]{2,40})(?:[ ](?:/|\||-)[ ]|[ ]?[/|][ ]?|"
            r"[ ]and[ ]|, )(?:pass(?:word)?[ ])?(?P<secret>[^\s,;\"'()<>\[\]/|]{3,60})",
            re.IGNORECASE,
        ),
        (
            "pair of a known user",
            r"(?<![\w./])(?:admin|administrator|root|guest|user|test|teacher|staff|pupil|student)[ ]?/[ ]?"
            r"(?P<secret>[^\s,;\"'()<>\[\]/|]{4,60})",
            re.IGNORECASE,
        ),
        (
            "pair in brackets",
            r"\((?P<user>[A-Za-z][\w.@+-]{1,30})[ ]?(?:/|\||:)[ ]?(?P<secret>[^\s,;\"'()<>\[\]/|]{4,60})\)",
            0,
        ),
        ("in a link", r"(?<!\w)[a-z]{2,8}://[\w.+-]{1,40}:(?P<secret>[^\s/@:]{3,60})@", re.IGNORECASE),
    )
)
# Keys whose shape alone tells: AWS, GitHub, GitLab, Stripe, OpenAI, Slack, Google, SendGrid, Hugging Face, JSON web tokens, PEM.
_SHAPES = re.compile(
    r"(?<![\w-])(?:A(?:KI|SI)A[0-9A-Z]{16}|gh[pousr]_\w{20,255}|github_pat_\w{20,255}|"
    r"glpat-[\w-]{16,64}|[srp]k_(?:live|test)_\w{12,128}|sk-[\w-]{20,200}"
    r"|xox[abeprs]-[\w-]{10,128}|AIza[\w-]{35}|SG\.[\w-]{16,32}\.[\w-]{16,64}|hf_\w{20,64}|"
    r"eyJ[\w-]{8,2000}\.[\w-]{4,4000}(?:\.[\w-]{4,1000})?"
    r"|-----BEGIN (?:RSA |EC |OPENSSH |DSA )?PRIVATE KEY-----)(?![\w-])"
)

# Words that follow "password is", "code:" and so on without being secrets.
_WORDS = load_lexicon("not_secrets")
_GOES_ON = re.compile(
    r"\s*(?:$|[.,;:!?)\]\"'–|/\n-]|(?:and|for|if|thanks|thank|please|but|so|until|till|then|on|in|all|"
    r"again|to|by|when|because|from|x+|lol|guys|this|-)\b)",
    re.IGNORECASE,
)
_NOT_SECRET_CODE = re.compile(
    r"\b(?:dress|post|qr|bar|zip|country|dial(?:l)?ing|area|colou?r|error|course|unit|exam|subject|"
    r"product|stock|booking|reference|ref|tax|highway|morse|source|conduct|honou?r|practice|"
    r"behaviour|uniform|discount|promo(?:tion(?:al)?)?|voucher|coupon|offer|gift|referral|ticket|raffle|"
    r"sort|unit|module|component|boarding|kahoot!?|blooket|quiz(?:izz|let)?|game|menti(?:meter)?|poll|"
    r"slido|gimkit|html|"
    r"python|scratch|swift|hour of|club|cheat|spaghetti|specification|spec|paper|school|department|item|"
    r"order|UCAS|centre|status|genetic|binary|secret agents'?|caesar|cipher|charity)[ -](?:game[ ]|"
    r"\w{1,4}[ ])?"
    r"(?:codes?|pin)\b|\bcodes? of\b|\bcode club|\bcoding\b",
    re.IGNORECASE,
)
_QUIZ = re.compile(
    r"\b(?:kahoot|blooket|quizizz|quizlet|gimkit|mentimeter|menti\.com|slido|game pin|quiz)\b", re.IGNORECASE
)
_LOCKED = re.compile(
    rf"\b(?:{_DOOR}|doors?|gates?|lock(?:ed|s)?|key ?pad|get in|let yourself in|open(?:s|ing)?|"
    rf"buzz(?:er)?|intercom|cctv|pad|lanyards?|classroom|teams?|toilets?|loos?|room|kitchen)\b",
    re.IGNORECASE,
)
_JOINING = re.compile(r"https?:|zoom|teams|meet\.google|meeting|webinar|join|\bID\b", re.IGNORECASE)
_NEVER_ALONE = load_lexicon("not_secrets_alone")
# The trigger without which a form is not looked for; the others need a word such as password.
_NEEDS = {
    "PIN": "pin",
    "code": "code",
    "code of a place": "code",
    "code, bare": "code",
    "code, before": "code",
    "lock": "lock",
    "typed": "typed",
    "key": "key",
    "key of a network": "key",
    "token": "token",
    "pair": "login",
    "pair in brackets": "link",
    "pair of a known user": "link",
    "in a link": "link",
}
_SAID = {
    "PIN": "a PIN",
    "code": "a code that opens something",
    "code of a place": "a code that opens something",
    "code, bare": "a code that opens something",
    "code, before": "a code that opens something",
    "lock": "a code beside a lock",
    "typed": "a code beside a lock",
    "key": "a key",
    "key of a network": "a network's key",
    "token": "a key of a service",
    "pair": "a user name with its password",
    "pair of a known user": "a user name with its password",
    "pair in brackets": "a user name with its password",
    "in a link": "a password in a link",
}


def _mixed(token: str) -> bool:
    """Whether a token looks chosen rather than written: letters with digits or signs, or capitals inside."""
    letters, digits = any(c.isalpha() for c in token), any(c.isdigit() for c in token)
    signs = any(not c.isalnum() and c not in "'’." for c in token[:-1]) or "." in token[:-1]
    return (letters and (digits or signs)) or (
        letters and not token[1:].islower() and not token.isupper() and not token[1:].isupper()
    )


def _is_secret(form: str, token: str, quoted: bool, text: str, start: int, end: int) -> bool:
    plain = token.strip(".!?").lower()
    if len(plain) < 3 or plain in _WORDS or re.fullmatch(r"[*•x_.#-]+", plain):
        return False
    if re.fullmatch(
        r"(?:\d{1,2}[:.]\d\d(?:am|pm)?|\d{1,2}(?:am|pm)|£.*|\d+%|20\d\d|\d{1,2}(?:st|nd|rd|th)|https?:.*|www\..*)",
        plain,
    ) and not (form in ("lock", "PIN", "code", "code of a place", "typed") and re.fullmatch(r"20\d\d", plain)):
        return False
    digits = sum(c.isdigit() for c in token)
    if form in ("PIN", "typed", "lock"):
        return digits >= 3
    if form in ("password, later", "code, before"):
        return digits > 0 and _mixed(token)
    if form == "code, bare":
        return digits >= 3 or _mixed(token)
    if form in ("code", "code of a place"):
        if re.fullmatch(r"\d+-\d+", token):  # a range
            return False
        return quoted or digits >= 2 or (token.isupper() and len(token) >= 4)
    if form in ("key", "key of a network"):
        return quoted or (_mixed(token) and len(token) >= 4) or (digits >= 6)
    if form == "token":
        return len(token) >= 8 and (digits >= 2) and any(c.isalpha() for c in token)
    if form == "pass":
        return any(c.isalpha() for c in token) and (digits > 0 or _mixed(token))
    if form == "password, bare":
        before, after = text[max(0, start - 110) : start], text[end : end + 12]
        ends = re.match(r"[.,;)]|\s*(?:\n|$)", after) is not None
        alone = after.startswith((")", " for ")) or (ends and _JOINING.search(before))
        if alone and plain.isalpha() and plain not in _NEVER_ALONE:
            return True
        if re.fullmatch(r"[a-z]+(?:[-/'][a-z]+)+\W*", token):  # "password re-set" against "password kestrel-lamp, ..."
            return ends and plain not in _NEVER_ALONE
        return quoted or _mixed(token) or digits >= 4
    if form in ("password, in brackets", "password, in quotes", "password, before", "password, tried"):
        return (
            (_mixed(token) and (digits > 0 or form == "password, tried"))
            or form == "password, in quotes"
            or digits >= 4
        )
    if form.startswith("pair"):
        return digits > 0 or (_mixed(token) and token[:1].isalpha())
    return quoted or digits > 0 or _mixed(token) or bool(_GOES_ON.match(text, end))


def _matches(pattern: re.Pattern[str], plain: PlainText, trigger: str) -> Iterator[re.Match[str]]:
    """The matches of a pattern around a trigger's words, those that begin within another included: one may be no secret."""
    stretches = (
        [(0, len(plain.text))] if plain.triggers.get(trigger) == () else plain.near(trigger, before=100, after=240)
    )
    for at, end in stretches:
        while match := pattern.search(plain.text, at, end):
            yield match
            at = max(match.start() + 1, min(match.end("secret"), match.start() + 4))


def _secrets(plain: PlainText) -> Iterator[tuple[int, int, str]]:
    taken = Disjoint()
    text, triggers = plain.text, plain.triggers
    for match in _SHAPES.finditer(text) if "key shape" in triggers else ():
        taken.claim(*match.span())
        yield match.start(), match.end(), "a key of a service"
    for form, pattern in _FORMS:
        for match in _matches(pattern, plain, _NEEDS.get(form, "pass")):
            start, end = match.span("secret")
            token, quoted = text[start:end], text[start] in "\"'"
            if quoted:
                start, end, token = start + 1, end - 1, token[1:-1]
            else:
                kept = token.rstrip(".,;:?")
                kept = kept.rstrip("!") if not _mixed(kept) else kept
                end, token = start + len(kept), kept
            if not taken.free(start, end) or not _is_secret(form, token, quoted, text, start, end):
                continue
            left, right = sentence(text, match.start(), end, 120)
            around = text[left:right]
            if form in ("code", "code of a place", "code, bare", "PIN", "key", "typed") and (
                _NOT_SECRET_CODE.search(text[max(left, match.start() - 24) : start]) or _QUIZ.search(around)
            ):
                continue
            if form in ("code of a place", "code, bare", "typed") and not _LOCKED.search(around):
                continue
            if form == "typed" and re.search(r"\b(?:marked|room|hall by)\b", around) and "pad" not in around:
                continue
            if form == "lock" and re.search(
                r"\b(?:open(?:s|ed)?|clos(?:es|ed|ing)|marked|until|from|between|number|number:|by|at|room|year|"
                r"since)\b[^\n]{0,12}$",
                text[match.start() : start],
            ):
                continue
            taken.claim(start, end)
            yield start, end, _SAID.get(form, "a password")


def find(reading: Reading, context: Context) -> Iterable[Evidence]:
    """One Evidence a secret (not the user name beside it); advice about passwords and codes that are none pass."""
    for text in reading.texts():
        for start, end, said in _secrets(text):
            yield evidence(
                reading, text, start, end, confidence=0.88, signals=f"{said} stands in the text", pupil_severity=None
            )


DETECTOR = Detector(
    id="credential-published",
    kind="CREDENTIAL",
    clause="A.4.2",
    severity=Severity.CRITICAL,
    summary="A password, door code or key is published.",
    rationale="Whoever reads it can get into a building, an account or a network, and read or write what "
    "children do there.",
    remedy="Make it worthless first by changing it; then delete the post.",
    flags=("Wi-Fi password: Heron-Sunset-42", "The gate code is 4417#", "pw: Gr33nTurtle!"),
    passes=(
        "Never share your password with anyone, not even a friend.",
        "Use discount code SPRING10 at the uniform shop.",
    ),
    find=find,
    limits="What follows or stands beside words such as password, PIN, door code, key or login, and keys of "
    "well-known services by their shape. A "
    "plain word counts only where the sentence stops or goes on after it. Secrets that are hinted at, "
    "or of several plain words without "
    "quotes, slip through.",
)
