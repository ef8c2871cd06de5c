"""Whether she came. Never what was said (W13, R22, R23)."""

from typing import ClassVar

from contracts.kinds import Kind
from contracts.messages.compartments import Attendance
from contracts.messages.conversation import Said


class AttendanceReported(Said):
    """Attended, not attended or completed."""

    KIND: ClassVar[Kind] = Kind.ATTENDANCE_REPORTED
    attendance: Attendance
