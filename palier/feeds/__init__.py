"""Facts from files: what a preview, an export or a checkpoint says of a stack.

Files come from anywhere. Nothing of them is trusted: a wrong type, at any place, is one line that
says where. What is secret stays hidden, in facts as in messages.
"""
