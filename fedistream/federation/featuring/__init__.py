"""Featured streams, both ways: `servers` are those that are shown here, `offers` is what we tell who shows us."""
