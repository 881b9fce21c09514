"""The commands of ``social-audit`` by topic, one module each; ``pipelines/cli.py`` puts them together."""
