"""Feature matching at a block that the teacher has under another name."""

from categorical import Dim, op
from categorical.learning.distillation import blocks, match
from categorical.learning.optimisers import sgd

pixel, wide, narrow, digit = Dim.named("pixel wide narrow digit")
teacher = blocks("teacher", stem=op.linear(pixel, wide) >> op.relu, head=op.linear(wide, digit))
student = blocks("student", body=op.linear(pixel, narrow) >> op.relu, head=op.linear(narrow, digit))

training = match(student, teacher, {"body": "body"}, sgd(0.1))
