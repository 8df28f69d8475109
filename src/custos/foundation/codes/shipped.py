"""The tables and data items that come with the program, read for `custos rules check`."""

from custos.foundation.codes import services


def load() -> None:
    """Read them all. Raises `ValueError` for a file that is wrong."""
    report = services.Report()
    for table in services.tables():
        services.meanings(services.RULES / table.file, report)
    services.items()
    if report.wrong:
        raise ValueError("; ".join(report.lines))
