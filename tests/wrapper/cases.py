"""The list of cases: each is a function of a Stage, under the sentence that it holds a program to."""

SECTIONS = []


class Case:
    def __init__(self, section, row, run, alone, but, owed, crowd):
        self.section, self.row, self.run, self.alone, self.but, self.owed, self.crowd = \
            section, row, run, alone, but, owed, crowd
        self.name = run.__name__.replace("_", "-")


def section(title):
    """Starts a section; the decorator for its cases."""
    cases = []
    SECTIONS.append((title, cases))

    def case(row, alone=False, but=(), owed=False, crowd=False):
        """row: the sentence; several cases may share one. alone: only by minit's own name, as it takes long.
        but: other names of minit, as what they stand for is not like that. owed: minit does not hold it yet; compared, but no
        test. crowd: it takes a good part of all pids (32,768), so not beside another."""
        def add(run):
            cases.append(Case(title, row, run, alone, but, owed, crowd))
            return run
        return add
    return case
