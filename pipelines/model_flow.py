"""Makes the names model in ``data/model`` as a Prefect flow: ``python -m pipelines.model_flow --data DIR`` (make model).

Trains twice, with school text and without, averages the weights, quantises and packages them. Checkpoints stand in
``build/model``; a training that has ended with the same settings is not done again. ``--fast`` trains the small network of
``data/model/fast`` alone.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pipelines.flow  # noqa: F401 - sets Prefect up before its first import
from detectors.base import UserError
from detectors.lexicons import DATA

from prefect import flow, task  # isort: skip
from prefect.cache_policies import NO_CACHE  # isort: skip

CHECKPOINTS = DATA.parent / "build" / "model"
# What to train, as changes to pipelines.model.train.Settings. The mean of the two finds more than either, on public and on
# school posts: the one knows school text, the other is not led by it to take every odd word for a name.
TRAININGS: tuple[dict[str, float], ...] = (
    {"seed": 1, "epochs": 4, "school": 0.7},
    {"seed": 2, "epochs": 3, "school": 0.0},
)

FAST_SEED, FAST_EPOCHS, FAST_SCHOOL = 3, 12, 0.7


@task(log_prints=False, persist_result=False, cache_policy=NO_CACHE)
def train_fast_model(data: str) -> None:
    """Train and store the small network."""
    from pipelines.model.fast import train_fast
    from pipelines.model.mix import epoch

    train_fast([partial(epoch, Path(data), FAST_SEED, n, FAST_SCHOOL) for n in range(FAST_EPOCHS)], FAST_SEED)


@task(log_prints=False, persist_result=False, cache_policy=NO_CACHE)
def train_once(data: str, number: int) -> str:
    """Do one of the trainings; the checkpoint's path."""
    from pipelines.model.mix import epoch
    from pipelines.model.train import Settings, is_finished, train

    settings = replace(Settings(), **TRAININGS[number])  # type: ignore[arg-type]
    path = CHECKPOINTS / f"seed-{settings.seed}.pt"
    if not is_finished(path, settings):
        epochs = [partial(epoch, Path(data), settings.seed, n, settings.school) for n in range(settings.epochs)]
        train(epochs, settings, path)
    return str(path)


@task(log_prints=False, persist_result=False, cache_policy=NO_CACHE)
def package_model(checkpoints: list[str]) -> None:
    """Average, quantise and store the model."""
    from pipelines.model.package import package
    from pipelines.model.train import restore

    tagger, tokenizer = restore(*map(Path, checkpoints))
    package(tagger, tokenizer)


@flow(name="names-model", log_prints=False, persist_result=False)
def model_flow(data: str, fast_only: bool = False) -> None:
    """From the base weights and the public data to ``data/model``."""
    if not fast_only:
        package_model([train_once(data, number) for number in range(len(TRAININGS))])
    train_fast_model(data)


def main() -> None:
    """Train and package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public data sets")
    parser.add_argument("--fast", action="store_true", help="train the small network alone")
    arguments = parser.parse_args()
    try:
        from pipelines.model.conventions import check

        check(arguments.data)
        model_flow(str(arguments.data.absolute()), arguments.fast)
    except UserError as error:
        sys.exit(str(error))
    except ImportError as error:
        sys.exit(f"{error.name} is not installed; make model installs what training needs")


if __name__ == "__main__":
    main()
