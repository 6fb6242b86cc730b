"""``--chdir``: work in another folder."""

from __future__ import annotations

import os

import click


def _change(_ctx: click.Context, _param: click.Parameter, folder: str | None) -> None:
    if folder is None:
        return
    try:
        os.chdir(folder)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}.") from error


# Before all other options, so that the paths they give are relative to the folder.
chdir_option = click.option(
    "--chdir",
    metavar="DIR",
    expose_value=False,
    is_eager=True,
    callback=_change,
    help="Work in this folder; other paths are relative to it.",
)
