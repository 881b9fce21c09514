"""Generated numbers in generated sentences: the valid ones are found in every usual spacing, those one digit off never are."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from detectors import DETECTORS
from detectors.pii.upn_published import check_letter
from pipelines.audit import audit
from tests import case_school as school

RULES = [d for d in DETECTORS if d.find.__module__.startswith("detectors.pii.")]
settings.register_profile("project", deadline=None, max_examples=80, derandomize=True, database=None)
settings.load_profile("project")

BEFORE = st.sampled_from(
    [
        "",
        "Please note: ",
        "For the trip list (",
        "hi all\n",
        "Noor Lang, 4 Birch, ",
        "Copied from the form: ",
        "- ",
        "FYI ",
    ]
)
AFTER = st.sampled_from(["", ".", ", thanks", ")", "\nSee you Monday", "; please delete", " is on the sheet", "!"])


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def found(text: str) -> list[tuple[str, str]]:
    reading = school.reader(school.LogoBank()).read([school.item(text)])
    return [(f.kind, f.value) for f in audit(reading, school.context(), RULES)]


def grouped(number: str, sizes: list[int], sign: str) -> str:
    """The number in groups of those sizes and a last one with the rest; in one piece where there is no sign between them."""
    pieces, at = [], 0
    for size in sizes:
        pieces.append(number[at : at + size])
        at += size
    return sign.join([*pieces, number[at:]])


def one_changed(draw: st.DrawFn, number: str) -> str:
    """The number with one digit replaced by another."""
    place = draw(st.sampled_from([i for i, c in enumerate(number) if c.isdigit()]))
    other = draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    return number[:place] + other + number[place + 1 :]


@st.composite
def upns(draw: st.DrawFn) -> str:
    rest = draw(digits(11)) + draw(st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUVWXYZ"))
    return check_letter(rest) + rest


@st.composite
def modulo_eleven(draw: st.DrawFn, check: Callable[[int], int | None]) -> str:
    """Ten digits, the last of which follows from the sum of the others, weighted 10 to 2."""
    nine = draw(digits(9).filter(lambda n: n[0] not in "01"))
    last = check(sum(w * int(c) for w, c in zip(range(10, 1, -1), nine, strict=True)) % 11)
    if last is None:
        return draw(modulo_eleven(check))
    return nine + str(last)


def nhs_check(remainder: int) -> int | None:
    return None if remainder == 1 else (11 - remainder) % 11


def uln_check(remainder: int) -> int | None:
    return None if remainder == 0 else 10 - remainder


@st.composite
def ibans(draw: st.DrawFn) -> str:
    rest = draw(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=4, max_size=4)) + draw(digits(14))
    number = int("".join(str(int(c, 36)) for c in f"{rest}GB00"))
    return f"GB{98 - number % 97:02d}{rest}"


@st.composite
def cards(draw: st.DrawFn) -> str:
    rest = draw(st.sampled_from(["4", "51", "55", "2221"]))
    rest += draw(digits(15 - len(rest)))
    return rest + luhn.calc_check_digit(rest)


SIGNS = st.sampled_from(["", " ", "-"])


@given(upns(), SIGNS, BEFORE, AFTER, st.booleans())
def test_a_upn(number: str, sign: str, before: str, after: str, small: bool) -> None:
    written = grouped(number, [1, 3, 4, 2], sign)
    written = written.lower() if small else written
    assert ("UPN", written) in found(f"{before}UPN {written}{after}")


@given(modulo_eleven(nhs_check), SIGNS, BEFORE, AFTER)
def test_an_nhs_number(number: str, sign: str, before: str, after: str) -> None:
    written = grouped(number, [3, 3], sign)
    assert ("NHS_NUMBER", written) in found(f"{before}NHS number: {written}{after}")


@given(modulo_eleven(uln_check), SIGNS, BEFORE, AFTER)
def test_a_uln(number: str, sign: str, before: str, after: str) -> None:
    written = grouped(number, [4, 3], sign)
    assert "ULN" in {kind for kind, value in found(f"{before}ULN {written}{after}") if value == written}


@given(ibans(), SIGNS, BEFORE, AFTER, st.booleans())
def test_an_iban(number: str, sign: str, before: str, after: str, small: bool) -> None:
    written = grouped(number, [4, 4, 4, 4, 4], sign)
    written = written.lower() if small else written
    assert ("IBAN", written) in found(f"{before}IBAN {written}{after}")


@given(cards(), SIGNS, BEFORE, AFTER)
def test_a_card(number: str, sign: str, before: str, after: str) -> None:
    written = grouped(number, [4, 4, 4], sign)
    assert ("PAYMENT_CARD", written) in found(f"{before}card {written}{after}")


PHONES = ["07700900", "07700 900 ", "+44 7700 900", "+44 (0)7700 900 ", "01632 960", "(01632) 960 ", "020 7946 0"]


@given(digits(3).filter(lambda last: last != "100"), st.sampled_from(PHONES), BEFORE, AFTER)
def test_a_phone_number(last: str, first: str, before: str, after: str) -> None:
    assert ("PHONE", first + last) in found(f"{before}ring {first}{last}{after}")


@given(st.sampled_from(["AB", "JG", "WL", "CE", "PX"]), digits(6), st.sampled_from("ABCD"), SIGNS, BEFORE, AFTER)
def test_a_national_insurance_number(prefix: str, six: str, last: str, sign: str, before: str, after: str) -> None:
    written = grouped(prefix + six + last, [2, 2, 2, 2], sign)
    assert ("NINO", written) in found(f"{before}NI number {written}{after}")


@given(digits(6), digits(8), st.sampled_from(["-", " "]), BEFORE, AFTER)
def test_a_bank_account(sort: str, account: str, sign: str, before: str, after: str) -> None:
    written = f"{grouped(sort, [2, 2], sign)}, account number {account}"
    assert ("BANK_ACCOUNT", written) in found(f"{before}sort code {written}{after}")


@given(st.data())
def test_one_digit_off_is_never_that_kind(data: st.DataObject) -> None:
    kind, numbers, words, sizes = data.draw(
        st.sampled_from(
            [
                ("UPN", upns(), "UPN", [1, 3, 4, 2]),
                ("NHS_NUMBER", modulo_eleven(nhs_check), "NHS number", [3, 3]),
                ("ULN", modulo_eleven(uln_check), "ULN", [4, 3]),
                ("IBAN", ibans(), "IBAN", [4, 4, 4, 4, 4]),
                ("PAYMENT_CARD", cards(), "card", [4, 4, 4]),
            ]
        )
    )
    number = data.draw(st.composite(lambda draw: one_changed(draw, draw(numbers)))())
    sign = data.draw(SIGNS)
    written = grouped(number, sizes, sign)
    assert kind not in {k for k, _ in found(f"{data.draw(BEFORE)}{words} {written}{data.draw(AFTER)}")}
