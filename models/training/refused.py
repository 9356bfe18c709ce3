"""Bad input, named: which file, which field, what stood there, what is allowed."""


class Refused(Exception):
    def __init__(self, file, field, value, allowed):
        shown = value if isinstance(value, str) else repr(value)
        super().__init__(f"{file}: {field}: {shown[:160]}: allowed: {allowed}")
