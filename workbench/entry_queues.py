"""Queues made of queues: two different people for each image, and images of one's own among those of everybody."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.errors import Stale
from workbench.events import Event
from workbench.queues import Item, Queue, WorkQueue

_FREE = ("open", "skipped")


class PairQueue:
    """Two queues over the same images: each image is done when two different people have done it.

    Parameters
    ----------
    name : str
    first, second : Queue
        Whoever takes an image takes it from the first of these that still has it.
    actor : str
        Whose session this is: whoever has had an image from one doesn't get it from the other.
    """

    def __init__(self, name: str, first: Queue, second: Queue, actor: str) -> None:
        self.name, self.shared, self.actor = name, True, actor
        self.sides = (first, second)

    @property
    def parts(self) -> list[Queue]:
        """Both queues."""
        return list(self.sides)

    @property
    def done(self) -> int:
        """Images that one has done oneself, or that two others have."""
        return sum(self.outcome(one) == "done" for one in self.sides[0].items | self.sides[1].items)

    def hear(self, event: Event) -> None:
        """Take note of an event of the ledger."""
        for side in self.sides:
            side.hear(event)

    def _own(self, image_id: str) -> Queue | None:
        """Return the side on which this person has had the image."""
        for side in self.sides:
            item = side.items.get(image_id)
            if item is not None and item.actor == self.actor and item.outcome != "released":
                return side
        return None

    def _side(self, image_id: str) -> Queue | None:
        """Return the side on which this person has the image, or can have it."""
        if (own := self._own(image_id)) is not None:
            return own
        free = [s for s in self.sides if s.outcome(image_id) in _FREE and not s.others(image_id)]
        return next((side for side in free if side.outcome(image_id) == "open"), free[0] if free else None)

    def held(self) -> list[str]:
        """Return the images this session has."""
        return [one for side in self.sides for one in side.held()]

    def mine(self, image_id: str) -> bool:
        """Whether this session has the image."""
        return any(side.mine(image_id) for side in self.sides)

    def others(self, image_id: str) -> Item | None:
        """Return who has the image, where that keeps this person from it."""
        side = self._side(image_id)
        if side is not None:
            return side.others(image_id)
        return next((item for each in self.sides if (item := each.others(image_id))), None)

    def outcome(self, image_id: str) -> str:
        """Return how the image stands for this person."""
        side = self._side(image_id)
        if side is not None:
            return side.outcome(image_id)
        return "done" if all(each.outcome(image_id) == "done" for each in self.sides) else "taken"

    def take(self, image_id: str) -> bool:
        """Take an image for this person; False when two others have it, or had it."""
        side = self._side(image_id)
        if side is None or side.outcome(image_id) == "done":
            return False
        # Somebody may have taken this side since it was looked at: then the other may still be free.
        return side.take(image_id) or (self._side(image_id) not in (None, side) and self.take(image_id))

    def give_back(self, image_id: str, outcome: str) -> None:
        """Note how the work at an image ended.

        Raises
        ------
        Stale
            Two others have it by now.
        """
        side = self._side(image_id)
        if side is None:
            raise Stale("Two others have this image now.", hint="What you entered is saved. Go on to the next image.")
        side.give_back(image_id, outcome)


class MixedQueue:
    """A queue in which some images are this person's alone, and look like all the others.

    As long as the person hasn't worked at such an image, it stands as the image after it does: where others have taken
    or done that one, they seem to have done so with this one, too. Or else who comes late would be left with nothing
    but these.

    Parameters
    ----------
    main, own : WorkQueue
    alone : mapping
        The images that ``own`` is asked about, each with the image it stands like; None where there is none.
    actor : str
        Whose session this is.
    """

    def __init__(self, main: WorkQueue, own: Queue, alone: Mapping[str, str | None], actor: str) -> None:
        self.name, self.shared = main.name, main.shared
        self.main, self.own, self.actor = main, own, actor
        self._alone = dict(alone)

    def _like(self, image_id: str) -> str | None:
        """Return the image that decides how this one stands, if it isn't itself."""
        item = self.own.items.get(image_id)
        like = self._alone.get(image_id)
        if like is None or (item is not None and item.outcome != "released"):
            return None
        mine = [each.items[like].actor == self.actor for each in self.main.parts if like in each.items]
        return None if any(mine) else like

    def _of(self, image_id: str) -> tuple[WorkQueue, str]:
        """Return the queue to be asked about an image, and what for."""
        if image_id not in self._alone:
            return self.main, image_id
        like = self._like(image_id)
        return (self.own, image_id) if like is None else (self.main, like)

    @property
    def parts(self) -> list[Queue]:
        """All queues."""
        return [*self.main.parts, *self.own.parts]

    @property
    def done(self) -> int:
        """How many images are done."""
        alike = sum(self.outcome(one) == "done" for one in self._alone if self._like(one) is not None)
        return self.main.done + self.own.done + alike

    def hear(self, event: Event) -> None:
        """Take note of an event of the ledger."""
        self.main.hear(event)
        self.own.hear(event)

    def held(self) -> list[str]:
        """Return the images this session has."""
        return [*self.main.held(), *self.own.held()]

    def mine(self, image_id: str) -> bool:
        """Whether this session has the image."""
        return (self.own if image_id in self._alone else self.main).mine(image_id)

    def others(self, image_id: str) -> Item | None:
        """Return who else has the image now."""
        queue, asked = self._of(image_id)
        return queue.others(asked)

    def outcome(self, image_id: str) -> str:
        """Return how the image stands."""
        queue, asked = self._of(image_id)
        return queue.outcome(asked)

    def take(self, image_id: str) -> bool:
        """Take an image; False when it can't be had."""
        if image_id not in self._alone:
            return self.main.take(image_id)
        return not self.others(image_id) and self.own.take(image_id)

    def give_back(self, image_id: str, outcome: str) -> None:
        """Note how the work at an image ended."""
        (self.own if image_id in self._alone else self.main).give_back(image_id, outcome)
