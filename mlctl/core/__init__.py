"""The nouns of mlctl: immutable values without effects. Imports the standard library only."""
