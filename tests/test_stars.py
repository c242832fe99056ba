"""Stars: clusters that nobody has to doubt, the same whatever order the links come in."""

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from workbench.stars import WHOLE, Link, Star, make_stars

RELATIONS = ("fuzzy", "content", "duplicate", "exact")


def lowest(nodes: list[int]) -> int:
    return min(nodes)


def first_by(rank: list[int]) -> Callable[[list[int]], int]:
    return lambda nodes: min(nodes, key=rank.__getitem__)


def fuzzy(*pairs: tuple[int, int], score: float = 0.9) -> dict[tuple[int, int], Link]:
    return dict.fromkeys(pairs, Link("fuzzy", score))


def groups(stars: list[Star]) -> list[set[int]]:
    return sorted(({s.keeper, *s.members} for s in stars), key=min)


edges = st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda e: e[0] < e[1])
graphs = st.dictionaries(
    edges, st.builds(Link, st.sampled_from(RELATIONS), st.floats(0, 1, allow_nan=False)), max_size=40
)  # fmt: skip
forbidden = st.sets(edges, max_size=12)
orders = st.permutations(range(15))


def test_a_pair_is_a_cluster() -> None:
    assert make_stars(fuzzy((0, 1)), [], lowest) == [Star(0, 0, {1: Link("fuzzy", 0.9)})]


def test_no_chain_through_a_look_alike() -> None:
    stars = make_stars(fuzzy((0, 1), (1, 2)), [(2, 0)], lowest)
    assert groups(stars) == [{0, 1}]


def test_a_chain_breaks_where_it_gets_too_long() -> None:
    stars = make_stars(fuzzy((0, 1), (1, 2), (2, 3), (3, 4)), [], lowest)
    assert all(len(group) <= 3 for group in groups(stars))
    assert groups(stars) == [{0, 1, 2}, {3, 4}]


def test_parts_of_a_collage_are_no_copies_of_one_another() -> None:
    collage = {(0, n): Link("content", 0.8) for n in (1, 2, 3)}
    [star] = make_stars(collage, [], max)
    assert (star.keeper, set(star.members)) == (3, {0}), "1 and 2 share nothing with 3"


def test_copies_of_the_whole_meet_in_their_centre() -> None:
    [star] = make_stars(fuzzy((0, 2), (1, 2), score=0.5), [], lowest)
    assert (star.keeper, star.centre) == (0, 2)
    assert star.members[1] == Link("fuzzy", 0.25), "as sure as both steps together"


def test_neither_of_two_that_have_nothing_in_common_is_kept_for_the_other() -> None:
    chain = fuzzy((0, 2), (1, 2))
    assert groups(make_stars(chain, [], lowest, refuted={(0, 1)})) == [{0, 2}]
    assert groups(make_stars(chain, [], max, refuted={(0, 1)})) == [{0, 1, 2}], "both are copies of what is kept"


def test_the_centre_is_the_one_with_most_links() -> None:
    [star] = make_stars(fuzzy((0, 3), (1, 3), (2, 3)), [], lambda nodes: nodes[-1])
    assert star.centre == star.keeper == 3


def test_what_is_apart_is_not_linked_whatever_the_link_says() -> None:
    assert make_stars(fuzzy((0, 1)), [(1, 0)], lowest) == []


def test_what_people_decided_is_a_star_of_its_own() -> None:
    links = fuzzy((0, 1), (0, 2), (0, 3), (3, 4)) | {(3, 5): Link("duplicate", 1.0)}
    stars = make_stars(links, [], lowest, kept=[5])
    assert Star(5, 5, {3: Link("duplicate", 1.0)}) in stars
    assert {0, 1, 2} in groups(stars)


def test_a_latecomer_joins_the_keeper_it_is_linked_to() -> None:
    decided = {(0, 1): Link("duplicate", 1.0)}
    [star] = make_stars(decided | fuzzy((0, 2)), [], max, kept=[0])
    assert (star.keeper, set(star.members)) == (0, {1, 2})


@given(graphs, forbidden, orders)
def test_every_member_is_held_by_a_link_of_its_own(
    links: dict[tuple[int, int], Link], apart: set[tuple[int, int]], rank: list[int]
) -> None:
    usable = {pair: link for pair, link in links.items() if pair not in apart}
    for star in make_stars(links, apart, first_by(rank), kept=rank[:4]):
        for node in star.members:
            direct = usable.get((min(node, star.keeper), max(node, star.keeper)))
            if direct is not None:
                assert star.members[node] == direct
                continue
            to_centre = [usable[min(n, star.centre), max(n, star.centre)] for n in (node, star.keeper)]
            assert all(link.relation in WHOLE for link in to_centre)


@given(graphs, forbidden, orders)
def test_nothing_known_to_be_apart_meets(
    links: dict[tuple[int, int], Link], apart: set[tuple[int, int]], rank: list[int]
) -> None:
    for group in groups(make_stars(links, apart, first_by(rank), kept=rank[:4])):
        assert not any(a in group and b in group for a, b in apart)


@given(graphs, forbidden)
def test_each_node_is_in_one_star_at_most_and_no_star_is_alone(
    links: dict[tuple[int, int], Link], apart: set[tuple[int, int]]
) -> None:
    found = groups(make_stars(links, apart, lowest))
    assert all(len(group) > 1 for group in found)
    assert sum(map(len, found)) == len(set().union(*found))


@given(graphs, forbidden)
def test_no_two_linked_nodes_are_both_left_over(
    links: dict[tuple[int, int], Link], apart: set[tuple[int, int]]
) -> None:
    held = set().union(*groups(make_stars(links, apart, lowest)))
    assert all(a in held or b in held for (a, b) in links if (a, b) not in apart)


@given(graphs, forbidden, st.randoms(use_true_random=False))
def test_the_order_of_links_does_not_matter(
    links: dict[tuple[int, int], Link], apart: set[tuple[int, int]], chance: random.Random
) -> None:
    shuffled = list(links.items())
    chance.shuffle(shuffled)
    turned = [(b, a) for a, b in apart]
    assert make_stars(dict(shuffled), turned, lowest) == make_stars(links, apart, lowest)
