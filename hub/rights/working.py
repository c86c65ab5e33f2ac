"""One right's clock, worked: each step says what was counted, and under which provision."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from hub.rights import wording
from hub.rights.calendars import DAY, Calendar, calendar_of
from hub.rights.counting import end_of, joined, longer, moved, moves, paused
from hub.rights.dates import Clock, Dates, Step, written
from hub.rights.law import PLACES, Period, Right, Timing
from hub.rights.values import Rolls, Standing, Start, Unit

OURS: Final = "house rule"


def work(right: Right, dates: Dates) -> Clock:
    """Work the clock of a right; ValueError for one that is not offered."""
    if right.timing is None:
        message = f"{right.jurisdiction} does not offer {right.kind}"
        raise ValueError(message)
    days = calendar_of(right.jurisdiction, dates.regions.get(right.jurisdiction))
    return _Working(right, right.timing, dates, days).clock()


@dataclass(slots=True)
class _Working:
    """A calculation under way; `steps` grows as it goes."""

    right: Right
    timing: Timing
    dates: Dates
    days: Calendar
    steps: list[Step] = field(default_factory=list[Step])

    def clock(self) -> Clock:
        self._receive()
        start = self._start()
        acknowledge_by = self._acknowledge()
        due = self._due(start)
        extended_due = self._extend(start, due)
        return Clock(
            kind=self.right.kind,
            jurisdictions=(self.right.jurisdiction,),
            received_on=self.dates.received_on,
            acknowledge_by=acknowledge_by,
            due=due,
            extended_due=extended_due,
            aim_for=self._aim(start, extended_due if extended_due and self.dates.is_extended else due),
            is_extended=self.dates.is_extended,
            steps=tuple(self.steps),
        )

    def _say(self, rule: str, text: str, cites: str = "") -> None:
        self.steps.append(Step(rule, text, cites or self.right.cites))

    @property
    def _due_cites(self) -> str:
        return self.timing.due.cites if self.timing.due else ""

    @property
    def _asks_the_calendar(self) -> bool:
        """Whether holidays can make a difference to the law's days."""
        counted = (self.timing.due, self.timing.acknowledge)
        by_business_days = any(each and each.unit is Unit.BUSINESS_DAYS for each in counted)
        return by_business_days or self.timing.rolls is not Rolls.NO

    # --- where it begins ----------------------------------------------------------------------------------------------

    def _receive(self) -> None:
        received, since = self.dates.received_on, self.right.since
        self._say(
            "received", f"Received on {written(received)}. Days are {PLACES[self.right.jurisdiction].days}."
        )
        if self.right.standing_on(received) is Standing.HOUSE:
            told = f"gives this right from {written(since)} on" if since else "gives no such right"
            self._say("house", f"The law {told}; here it is honoured as house policy.")
        if not self.right.confirmed:
            self._say("unconfirmed", "The period was not confirmed from a primary text: have counsel look.")
        if self.days.assumed and self._asks_the_calendar:
            self._say("calendar", self.days.assumed, self.days.cites)

    def _start(self) -> date:
        """The latest of what the period waits for, as far as it has come."""
        came = {Start.RECEIPT: self.dates.received_on}
        for what, day in ((Start.IDENTITY, self.dates.identity_on), (Start.FEE, self.dates.fee_on)):
            if day and what in self.timing.starts:
                came[what] = day
            elif day:
                self._say("start", wording.not_waited_for(what, day), self._due_cites)
        latest = max(came, key=lambda what: came[what])
        if len(came) > 1:
            self._say("start", wording.latest(came, latest, came[latest]), self.timing.starts_cites)
        return came[latest]

    def _acknowledge(self) -> date | None:
        period, received = self.timing.acknowledge, self.dates.received_on
        if period is None:
            return None
        by = end_of(period, received, self.days)
        how = wording.counted(period, received, by, self.days)
        self._say("acknowledge", f"Confirm receipt by {written(by)}. {how}", period.cites)
        return by

    # --- the last day -------------------------------------------------------------------------------------------------

    def _due(self, start: date) -> date | None:
        if self.timing.due is None:
            self._say("due", "The law names no last day: answer without undue delay.")
            return None
        return self._last_day(self.timing.due, start, "The last day is")

    def _last_day(self, period: Period, start: date, conclusion: str) -> date:
        """Count a period, with its pauses, to where its last day comes to lie."""
        end = end_of(period, start, self.days)
        self._say("period", wording.counted(period, start, end, self.days), period.cites)
        last = self._move(self._pause(start, end))
        self._say("due", f"{conclusion} {written(last)}.", period.cites)
        return last

    def _pause(self, start: date, end: date) -> date:
        asked, cites = self.dates.clarifications, self.timing.pauses_cites
        if not asked:
            return end
        if cites is None:
            self._say("pause", "A clarification was asked for; the time goes on meanwhile.", self._due_cites)
            return end
        last, counted = paused(end, joined(asked, start), self.timing.rolls, self.days)
        outside = "A clarification was asked for outside the time that runs; that moves nothing."
        self._say("pause", wording.waited(counted, last) if counted else outside, cites)
        return last

    def _move(self, end: date) -> date:
        last = moved(end, self.timing.rolls, self.days)
        passed = [end + timedelta(days=number) for number in range((last - end).days)]
        if passed:
            why = ", ".join(wording.free(day, self.days) for day in passed)
            self._say("roll", f"{why}: the last day moves to {written(last)}.", self.timing.rolls_cites)
        elif self._stands_on_a_free_day(end):
            why = wording.free(end, self.days)
            self._say("roll", f"{why}. The last day stays: no provision moves it.", self._due_cites)
        return last

    def _stands_on_a_free_day(self, end: date) -> bool:
        """Whether a last day could have moved elsewhere; what is done at once asks no calendar."""
        at_once = self.timing.due is not None and self.timing.due.unit is Unit.AT_ONCE
        return not at_once and moves(end, Rolls.WEEKENDS_AND_HOLIDAYS, self.days)

    # --- later, and earlier -------------------------------------------------------------------------------------------

    def _extend(self, start: date, due: date | None) -> date | None:
        extension, period = self.timing.extension, self.timing.due
        if extension is None or period is None or due is None:
            if self.dates.is_extended:
                text = "There is no extension here: agree on a later day with the person, early."
                self._say("extension", text, self._due_cites)
            return None
        self._say(
            "extension", wording.extended(extension, due, taken=self.dates.is_extended), extension.cites
        )
        conclusion = "Extended, the last day is" if self.dates.is_extended else "If extended, the last day is"
        return self._last_day(longer(period, extension), start, conclusion)

    def _aim(self, start: date, last: date | None) -> date | None:
        """The day the house aims for: its own target, or the last working day up to the law's last day."""
        target = self.timing.target
        day = end_of(target, start, self.days) if target else last
        if day is None or Unit.AT_ONCE in {each.unit for each in (target, self.timing.due) if each}:
            aim = day
        else:
            aim = max(self.days.working_day_from(day, -DAY), self.dates.received_on)
        if aim is not None and aim != last:
            self._say("target", f"Aim for {written(aim)}.", target.cites if target and target.cites else OURS)
        return aim
