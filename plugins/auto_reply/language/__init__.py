"""What a rule file may say. Whatever a person can get wrong is found here, at the value he typed; what passes
is ready for use: phrases folded, patterns compiled, replies parsed."""
