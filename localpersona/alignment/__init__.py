"""From weights to words: how a profile changes what the language model says, and how that is explained."""
