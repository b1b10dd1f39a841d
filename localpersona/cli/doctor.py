"""`localpersona doctor`: what works, what doesn't, the remedy."""

from __future__ import annotations

from dataclasses import asdict

import click

from localpersona.cli.common import json_option, print_json
from localpersona.text import harmless

_MARKS = {"works": "✓", "attention": "!", "fails": "✗"}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check every part and say what to do about what does not work."""
    from localpersona.doctor import examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            click.echo(harmless(f"{_MARKS[finding.state]} {finding.part}: {finding.said}"))
            if finding.remedy:
                click.echo(harmless(f"    → {finding.remedy}"))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    if any(finding.state == "fails" for finding in findings):
        raise click.exceptions.Exit(1)
