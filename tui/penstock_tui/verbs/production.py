"""Acts on a production host ask for its name first."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.model.places import Place
from penstock_tui.dialogs.ask_line import AskLine
from penstock_tui.shell import Shell
from penstock_tui.target import Target, place_name


async def agreed(shell: Shell, targets: Sequence[Target]) -> bool:
    """Return whether who acts has typed the name of each production host that *targets* are on."""
    for place in concerned(shell.places, targets):
        asked = AskLine(
            f"{place.name} is production",
            "its name",
            "",
            hint="type the name of the host to go on",
            check=lambda typed, name=place.name: None if typed == name else f"that is not {name}",  # type: ignore[misc]
        )
        if await shell.push_screen_wait(asked) != place.name:
            shell.say("nothing was done")
            return False
    return True


def concerned(places: Sequence[Place], targets: Sequence[Target]) -> list[Place]:
    """Return the production hosts that an act on *targets* may change: all there are if it names none."""
    if len(places) == 1:  # then no name begins with its host
        return [place for place in places if place.production]
    named = {place_name(target) for target in targets} - {""}
    return [place for place in places if place.production and (not named or place.name in named)]
