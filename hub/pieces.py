"""The statements of ``facts.sql``, put together of their pieces: for now or an instant, for many questions or one."""

from functools import lru_cache
from importlib.resources import files


@lru_cache(1)
def _parts() -> dict[str, str]:
    text = files("hub").joinpath("facts.sql").read_text("utf-8")
    parts = text.split("-- name: ")[1:]
    return {part.split(maxsplit=1)[0]: part.split("\n", 1)[1].strip() for part in parts}


_OF_QUESTION = {
    "purpose": "q.purpose", "calls": "q.calls", "starts": "q.starts", "washes": "q.washes::timestamptz[]",
    "first": "q.first", "second": "q.second", "third": "q.third", "minded": "q.minded", "at": "moment.at",
    "word": "chosen.word", "lapse": "chosen.lapse",
}  # fmt: skip
_OF_CROWD = {
    "purpose": "$3::bigint", "calls": "$4::timestamptz", "starts": "$5::date", "washes": "$6::timestamptz[]",
    "first": "$7::bigint", "second": "$8::bigint", "third": "$9::bigint", "minded": "$10::bigint",
    "at": "$2::timestamptz",
}  # fmt: skip
_PLACES = range(1, 17)
_WORD = ("word", "lapse")
_COLUMNS = (
    "organisation_id", "customer_id", "standing_id", "holding_id", "times", "joint", "day_1", "day_2", "day_3", "day_4",
    "days", "checks", "said", "lapses", "word_0", "lapse_0",
)  # fmt: skip


@lru_cache(256)
def statement(name: str, *, is_past: bool = False, number: int | None = None) -> str:
    """One of the statements of ``facts.sql``, for now or for an instant.

    number: of the purpose, for those statements that are about one: it names the columns of its words.
    """
    places = _PLACES if number is None else [number % 16 + 1]
    names = (_OF_QUESTION | {"chosen": _chosen()}) if number is None else (_OF_CROWD | _of_place(places[0]))
    columns = [*_COLUMNS, *(f"{each}_{place}" for place in places for each in _WORD)]
    then = _parts()["then"].format(**names, columns=", ".join(f"c.{each}" for each in columns))
    rows = then if is_past else _parts()["now"]
    nothing = _parts()["fence"] if name == "crowd" else "0"
    names |= {"rows": rows, "key": _key(names | {"nothing": nothing})}
    versions = {f"{each}_version": f", {each}.xmin::text AS version" for each in ("own", "kin")}
    names |= versions if name == "several" else dict.fromkeys(versions, "")
    whole = {each: _parts()[each].format(**names) for each in ("family", "cited", "kin_of")}
    return _parts()[name].format(**names, **whole)


def _of_place(place: int) -> dict[str, str]:
    return {each: f"s.{each}_{place}" for each in _WORD}


def _chosen() -> str:
    """The columns of the purpose of a question that stands beside others."""
    cases = {each: " ".join(f"WHEN {place - 1} THEN s.{each}_{place}" for place in _PLACES) for each in _WORD}
    chosen = ", ".join(f"CASE q.purpose % 16 {cases[each]} END AS {each}" for each in _WORD)
    return f"SELECT {chosen} OFFSET 0"


def _key(names: dict[str, str]) -> str:
    parts, number = _parts(), names["purpose"]
    last, first_few = (
        f"width_bucket({upto}, s.said)" for upto in (f"(({number} << 32) | 4294967295)", "4294967295")
    )
    return parts["key"].format(
        **names,
        last=last,
        first_few=first_few,
        lapsed=parts["lapsed"].format(**names),
        lapsed_for_all=parts["lapsed"].format(**names | {"lapse": "s.lapse_0"}),
        some_lapsed=parts["some_lapsed"].format(**names, position=last, number=number),
        some_lapsed_for_all=parts["some_lapsed"].format(**names, position=first_few, number="0"),
    )
