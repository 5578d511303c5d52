"""What a rule can never do: conditions that contradict each other, parts without effect, too much history.

Sound, not complete: what is called impossible is; what is not may be impossible all the same.
"""
