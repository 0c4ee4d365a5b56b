"""Hosts in the model: who leads which gathering, within hours and limits, never in two places."""

from __future__ import annotations

from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING

from activities.core.day.clock import WHOLE_DAY
from activities.core.day.model_ways import Stay
from activities.core.day.posts import can_host

if TYPE_CHECKING:
    from activities.core.day.guards import Literal
    from activities.core.day.model import Linear, Timed, TimeModel
    from activities.core.day.model_places import PlaceModel
    from activities.core.day.posts import Post, PostKey

EXTRA = "extra:"
"""Prefix of hosts who are not there yet: an elastic model may call them, at a price."""
_MOST_EXTRA = 12


class HostModel:
    """
    Who leads what: `leads[segment, gathering][person]`.

    `load[person]` is minutes of leading, `extra[role]` the literals of hosts still to be found.
    """

    def __init__(self, times: TimeModel, places: PlaceModel) -> None:
        self.times, self.places, self.model = times, places, times.model
        self.people = {person.key: person for person in times.day.people if person.hours}
        self.extra = self._extra()
        self.leads: dict[PostKey, dict[str, Literal]] = {}
        self.parts: dict[str, dict[str, list[Literal]]] = {}
        for key, post in places.posts.items():
            self.leads[key] = self._chosen(post)
        self.busy = {person: self._busy(person) for person in [*self.people, *self._extra_keys()]}
        self.load = {person: self._load(person) for person in self.people}
        for person in self.people:
            self._is_there(person)
            self._is_free(person)
            self._has_a_limit(person)
            self._can_walk(person)
        self._keeps_locked_hosts()
        self._brings_supplies_in_time()

    def _extra(self) -> dict[str, dict[str, Literal]]:
        if not self.times.guards.is_elastic or not self.times.day.is_hard("host_count"):
            return {}
        wanted: dict[tuple[str, str], int] = {}
        for (segment, _key), post in self.places.posts.items():
            for need in post.hosts:
                wanted[need.role, segment] = wanted.get((need.role, segment), 0) + need.count
        most: dict[str, int] = {}
        for (role, _segment), count in wanted.items():
            most[role] = min(_MOST_EXTRA, max(most.get(role, 0), count))
        if self.times.most_called is not None:
            most = {role: min(count, self.times.most_called.get(role, 0)) for role, count in most.items()}
        extra = {
            role: {f"{EXTRA}{role}:{number}": self.model.new_bool_var("") for number in range(count)}
            for role, count in most.items()
        }
        for found in extra.values():
            for first, second in pairwise(found.values()):
                self.model.add_implication(second, first)
        return extra

    def _extra_keys(self) -> list[str]:
        return [key for keys in self.extra.values() for key in keys]

    def _chosen(self, post: Post) -> dict[str, Literal]:
        """Seats of one gathering: each filled once, nobody on two."""
        day, placed = self.times.day, self.times.timed[post.segment].is_placed
        by_person: dict[str, list[Literal]] = {}
        under = self.times.guards.under("host_count", post.segment) if not self.extra else []
        for number, need in enumerate(post.hosts):
            able = [key for key in can_host(day, need) if key in self.people] + list(self.extra.get(need.role, ()))
            seats = {key: self.model.new_bool_var(f"leads_{post.segment}_{post.key}_{number}_{key}") for key in able}
            if under is not None:
                self.model.add(sum(seats.values()) == need.count * placed).only_enforce_if(under)
            self.model.add(sum(seats.values()) <= need.count * placed)
            for key, literal in seats.items():
                by_person.setdefault(key, []).append(literal)
        return {key: self._one_of(literals) for key, literals in by_person.items()}

    def _one_of(self, literals: list[Literal]) -> Literal:
        if len(literals) == 1:
            return literals[0]
        both = self.model.new_bool_var("")
        self.model.add(sum(literals) == both)
        return both

    def _busy(self, person: str) -> dict[str, Literal]:
        """Segments the person may lead, each at most once, never two at a time."""
        parts: dict[str, list[Literal]] = {}
        for (segment, _key), leads in self.leads.items():
            if person in leads:
                parts.setdefault(segment, []).append(leads[person])
        self.parts[person] = parts
        if self.times.day.is_hard("host_twice"):
            busy = {segment: self._one_of(literals) for segment, literals in parts.items()}
            spans = [self.times.interval(self.times.timed[key], one, f"{person}_{key}") for key, one in busy.items()]
            if len(spans) > 1:
                self.model.add_no_overlap(spans)
        else:
            busy = {segment: self._any_of(literals) for segment, literals in parts.items()}
            self._is_rarely_in_two_places(person, busy)
        for role in self.extra.values():
            if person in role:
                for literal in busy.values():
                    self.model.add_implication(literal, role[person])
        return busy

    def _any_of(self, literals: list[Literal]) -> Literal:
        if len(literals) == 1:
            return literals[0]
        led = self.model.new_bool_var("")
        self.model.add_max_equality(led, literals)
        return led

    def _is_rarely_in_two_places(self, person: str, busy: dict[str, Literal]) -> None:
        """Each two segments at once, or two gatherings of one, are a breach; nothing where the rule is ignored."""
        for key, literals in self.parts[person].items():
            under = self.times.guards.under("host_twice", person, key, key) if len(literals) > 1 else None
            if under is not None:
                self.model.add(sum(literals) <= 1).only_enforce_if(under)
        for one, two in combinations(busy, 2):
            under = self.times.guards.under("host_twice", person, one, two)
            if under is not None:
                first, both = self.model.new_bool_var(""), [*under, busy[one], busy[two]]
                a, b = self.times.timed[one], self.times.timed[two]
                self.model.add(a.end <= b.start).only_enforce_if([*both, first])
                self.model.add(b.end <= a.start).only_enforce_if([*both, ~first])

    def turns(self, person: str) -> Linear:
        """How many gatherings somebody leads."""
        if self.times.day.is_hard("host_twice"):
            return sum(self.busy[person].values())
        return sum(literal for literals in self.parts[person].values() for literal in literals)

    def _load(self, person: str) -> Linear:
        parts = self.parts[person]
        if self.times.day.is_hard("host_twice"):
            parts = {key: [literal] for key, literal in self.busy[person].items()}
        return sum((self._minutes(self.times.timed[key], one) for key, each in parts.items() for one in each), 0)

    def _minutes(self, timed: Timed, literal: Literal) -> Linear:
        """The segment's minutes where the literal holds, else 0."""
        length = timed.segment.minutes
        if self.times.guards.shortest("length", length) == length.longest:
            return length.longest * literal
        minutes = self.model.new_int_var(0, length.longest, "")
        self.model.add(minutes == timed.length).only_enforce_if(literal)
        self.model.add(minutes == 0).only_enforce_if(~literal)
        return minutes

    def _is_there(self, person: str) -> None:
        hours = self.people[person].hours
        under = self.times.guards.under("host_hours", person) if hours != WHOLE_DAY else None
        for key, literal in self.busy[person].items() if under is not None else ():
            timed = self.times.timed[key]
            self.times.inside(hours, timed.start, timed.end, [*(under or ()), literal])

    def _is_free(self, person: str) -> None:
        free = self.people[person].free
        for key, literal in self.busy[person].items() if free != WHOLE_DAY else ():
            under = self.times.guards.under("host_free", person, key)
            if under is not None:
                timed = self.times.timed[key]
                self.times.inside(free, timed.start, timed.end, [*under, literal])

    def _has_a_limit(self, person: str) -> None:
        most = self.people[person].most_minutes
        under = self.times.guards.under("host_load", person) if most is not None else None
        if under is not None and most is not None:
            self.model.add(self.load[person] <= most).only_enforce_if(under)

    def _can_walk(self, person: str) -> None:
        ways = self.places.ways
        if not ways.takes_time:
            return
        stays = {segment: self._stay(person, segment) for segment in self.busy[person]}
        for one, two in combinations(stays, 2):
            if any(self.times.day.transfer(place, to) for place, to in product(stays[one].spots, stays[two].spots)):
                ways.between(stays[one], stays[two], self._first_of(one, two), "host_transfer")

    def _first_of(self, one: str, two: str) -> Literal | None:
        """Which of two segments somebody leads comes first; None where they may lead both at once."""
        is_apart = self.times.day.is_hard("group_twice") and (one, two) in self.times.before
        if not is_apart and not self.times.day.is_hard("host_twice"):
            return None
        return self.times.before[one, two] if (one, two) in self.times.before else self._order(one, two)

    def _stay(self, person: str, segment: str) -> Stay:
        """Whoever leads a gathering is bound from the first to the last minute of its segment."""
        leads = [(key, one[person]) for key, one in self.leads.items() if key[0] == segment and person in one]
        timed, spots = self.times.timed[segment], self.places.ways.spots_of(f"{person}_{segment}", leads)
        return Stay(("host", person, segment), spots, timed.start, timed.end)

    def _order(self, a: str, b: str) -> Literal:
        literal = self.model.new_bool_var(f"first_{a}_{b}")
        self.times.before[a, b] = literal
        one, two = self.times.timed[a], self.times.timed[b]
        # True and false say which begins first; who leads both has them apart anyway.
        self.model.add(one.start <= two.start).only_enforce_if(literal)
        self.model.add(two.start <= one.start).only_enforce_if(~literal)
        return literal

    def _keeps_locked_hosts(self) -> None:
        for lock in self.times.day.locks:
            under = self.times.guards.under("locked", lock.segment, *filter(None, [lock.post]))
            if lock.hosts is None or under is None:
                continue
            leads = self.leads[lock.segment, lock.post]
            wanted = [leads.get(key, False) for key in lock.hosts] + [
                ~literal for key, literal in leads.items() if key not in lock.hosts
            ]
            for literal in wanted:
                self.model.add_bool_or([literal, *(~one for one in under)])

    def _brings_supplies_in_time(self) -> None:
        people = {person.key: person for person in self.times.day.people}
        for supply in self.times.day.supplies:
            person, timed = people.get(supply.brought_by), self.times.timed.get(supply.segment)
            under = self.times.guards.under("supply_late", supply.key, supply.segment) if person and timed else None
            if under is None or timed is None or person is None:
                continue
            if person.hours:
                self.model.add(timed.start >= person.hours[0].start).only_enforce_if([*under, timed.is_placed])
            else:
                self.model.add_bool_or([~timed.is_placed, *(~one for one in under)])
