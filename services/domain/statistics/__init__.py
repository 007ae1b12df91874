"""What calls amount to: figures, service levels, Erlang C, and replaying a day with other agents (docs/analysis.md)."""
