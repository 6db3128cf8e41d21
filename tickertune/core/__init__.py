"""Ground floor: the nouns, tasks, recipes, runs and table helpers that every other package uses."""
