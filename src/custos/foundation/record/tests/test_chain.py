"""A chain in memory: whatever is done to it is found, and named at its place."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custos.foundation.record import rows, wire
from custos.foundation.record.digests import Suite, digest_of, merkle_root
from custos.foundation.record.tests.worlds import FACILITY, NEIGHBOUR, chain, draft, row
from custos.foundation.record.verify import Expected, SignedHead, SignedRoot, Verdict, check_chain

LENGTH = 12
DRAFTS = [draft(f"note {number}") for number in range(1, LENGTH + 1)]
CHAIN = chain(DRAFTS)
LAST = CHAIN[-1][4:36]
WHOLE = Expected(head_seq=LENGTH, head_hash=LAST)

places = st.integers(0, LENGTH - 1)


def check(made: list[bytes], expected: Expected = WHOLE) -> Verdict:
    return check_chain(FACILITY, made, expected)


def place(made: list[bytes], expected: Expected = WHOLE) -> tuple[str, int]:
    fault = check(made, expected).fault
    return (fault.code, fault.seq) if fault else ("", 0)


def hash_of(number: int) -> bytes:
    return CHAIN[number - 1][4:36]


@pytest.mark.parametrize("suite", list(Suite))
def test_what_was_appended_verifies(suite: Suite) -> None:
    made = chain([draft(f"note {number}") for number in range(5)], suite=suite)
    verdict = check(made, Expected(head_seq=5, head_hash=made[-1][4:36]))
    assert verdict.sound
    assert (verdict.entries, verdict.erased) == (5, 0)


def test_an_empty_chain_verifies() -> None:
    assert check([], Expected(head_seq=0, head_hash=b"")).sound


def test_a_chain_is_bound_to_its_organization() -> None:
    fault = check_chain(NEIGHBOUR, CHAIN, WHOLE).fault
    assert fault is not None
    assert (fault.code, fault.seq) == ("header", 1)


def test_the_place_says_which_entry_stands_there() -> None:
    made = [*CHAIN]
    made[4] = made[4][:-1] + bytes([made[4][-1] ^ 1])
    fault = check(made).fault
    assert fault is not None
    assert fault.entry == DRAFTS[4].header.id
    assert f"organization {FACILITY}, entry number 5" in str(fault)


@given(places, st.integers(0, 10_000), st.integers(1, 255))
def test_any_changed_byte_is_found_in_its_row(which: int, at: int, change: int) -> None:
    made = [*CHAIN]
    data = bytearray(made[which])
    data[at % len(data)] ^= change
    made[which] = bytes(data)
    assert place(made)[1] == which + 1


@given(places)
def test_a_deleted_entry_is_named(which: int) -> None:
    made = CHAIN[:which] + CHAIN[which + 1 :]
    expected = ("gap", which + 1) if which < LENGTH - 1 else ("head", LENGTH)
    assert place(made) == expected


@given(places, places)
def test_swapped_entries_are_named_at_the_first(one: int, other: int) -> None:
    if one == other:
        return
    made = [*CHAIN]
    made[one], made[other] = made[other], made[one]
    assert place(made) == ("gap", min(one, other) + 1)


@given(places)
def test_an_entry_that_stands_twice_is_named(which: int) -> None:
    made = [*CHAIN]
    made.insert(which + 1, made[which])
    assert place(made) == ("reordered", which + 2)


@given(st.integers(0, LENGTH - 1))
def test_a_cut_is_found_by_a_signed_head_even_where_the_head_row_agrees(left: int) -> None:
    made = CHAIN[:left]
    expected = Expected(
        heads=[SignedHead(FACILITY, LENGTH, LAST, "")],
        head_seq=left,
        head_hash=hash_of(left) if left else b"",
    )
    fault = check(made, expected).fault
    assert fault is not None
    assert (fault.code, fault.after_seq, fault.seq) == ("truncated", left, LENGTH)


@given(st.integers(1, LENGTH), st.integers(1, LENGTH))
def test_a_recomputed_chain_is_found_by_the_next_signed_head(changed: int, signed: int) -> None:
    forged = [replace(one, header=replace(one.header)) for one in DRAFTS]
    forged[changed - 1].body = b'{"text":"never was"}'
    made = chain(forged)
    expected = Expected(
        heads=[SignedHead(FACILITY, signed, hash_of(signed), "")],
        head_seq=LENGTH,
        head_hash=made[-1][4:36],
    )
    found = place(made, expected)
    assert found == (("rewritten", signed) if changed <= signed else ("", 0))


@given(st.integers(1, LENGTH), st.integers(1, LENGTH))
def test_a_recomputed_chain_is_found_by_a_signed_checkpoint(changed: int, last: int) -> None:
    forged = [replace(one, header=replace(one.header)) for one in DRAFTS]
    forged[changed - 1].header.ground = "another"
    made = chain(forged)
    root = SignedRoot(
        FACILITY, 1, last, merkle_root([hash_of(n) for n in range(1, last + 1)]), Suite.SHA256
    )
    expected = Expected(roots=[root], head_seq=LENGTH, head_hash=made[-1][4:36])
    found = place(made, expected)
    assert found == (("checkpoint", last) if changed <= last else ("", 0))


def test_what_was_cut_off_and_grew_anew_is_found_though_the_new_head_was_signed_too() -> None:
    anew = [replace(one, header=replace(one.header)) for one in DRAFTS]
    for one in anew[8:]:
        one.body = b'{"text":"grown anew"}'
    made = chain(anew)
    expected = Expected(
        heads=[
            SignedHead(FACILITY, 10, hash_of(10), "first"),
            SignedHead(FACILITY, 8, hash_of(8), "after the cut"),
            SignedHead(FACILITY, 10, made[9][4:36], "again"),
        ],
        head_seq=LENGTH,
        head_hash=made[-1][4:36],
    )
    assert place(made, expected) == ("rewritten", 10)


def test_a_payload_that_is_gone_without_an_order_is_named() -> None:
    made = [*CHAIN]
    made[6] = row(DRAFTS[6].header, b"", None)
    assert place(made) == ("vanished", 7)


def test_a_row_in_no_known_format_is_named() -> None:
    assert place([*CHAIN[:3], b"", *CHAIN[4:]]) == ("unreadable", 4)
    assert place([*CHAIN[:3], CHAIN[3][:60], *CHAIN[4:]]) == ("unreadable", 4)


def test_a_row_reads_back_as_the_header_that_was_written() -> None:
    header = DRAFTS[2].header
    _stored, said, encoded = rows.split(CHAIN[2])
    assert said == DRAFTS[2].salt + DRAFTS[2].body
    values = rows.fields(encoded)
    assert {name: getattr(header, name) for name in wire.HEADER} == values


def test_the_genesis_names_the_owner() -> None:
    assert wire.genesis(FACILITY) != wire.genesis(NEIGHBOUR)
    assert len(digest_of(Suite.SHA256)(wire.genesis(FACILITY))) == 32


@given(st.uuids(), st.uuids())
def test_no_two_headers_have_the_same_bytes(one: UUID, other: UUID) -> None:
    header = DRAFTS[0].header
    first = wire.header_bytes(replace(header, detainee_id=one, custody_id=None))
    second = wire.header_bytes(replace(header, detainee_id=None, custody_id=other))
    assert first != second
