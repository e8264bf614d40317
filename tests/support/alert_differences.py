"""In which a collector and an Alertmanager may differ, by the rules of docs/alerting.md ("What differs from Alertmanager"), and what
depends on which of two things was seen first."""

from alert_scripts import AFTER_TROUBLE, APART, BY_THE_HOUR, BY_TWO_ROUTES, PATIENCE, WITHOUT_ENDS


def merged(spans):
    """What they cover together, as spans that do not touch."""
    out = []
    for since, until in sorted(spans):
        if out and since <= out[-1][1]:
            out[-1][1] = max(out[-1][1], until)
        else:
            out.append([since, until])
    return out


class Differences:
    """`episodes`, `silenced` and `inhibited`: spans by alert; `edges`: the ends of the window of hours; `trouble`: when some receivers
    take nothing; `starts`: when what was
    read or begun anew ("change", "reload", "restart")."""

    def __init__(self, episodes, silenced, inhibited, edges, trouble, starts):
        self.episodes = episodes
        self.silenced = silenced
        self.inhibited = {name: merged(spans) for name, spans in inhibited.items()}
        self.edges = edges
        self.trouble = trouble
        self.starts = starts

    def not_told_here(self, word, at):
        """What Alertmanager alone told."""
        return self.too_close(word) or self.told_while_inhibited(word, at) or self.met_trouble(word)

    def told_here_alone(self, word, _at):
        """What was told here alone; never while it was inhibited."""
        return (self.too_close(word) or self.came_back_unheard(word) or self.end_was_muted(word)
                or self.end_was_forgotten(word) or self.met_trouble(word))

    def too_close(self, word):
        """It begins or ends just where what inhibits it does, or where the hours of its route or the receiver itself do."""
        receiver, name, number, _ = word
        begin, end = self.episodes[name][number]
        turns = sorted([begin, end, *(at for span in self.inhibited.get(name, ()) for at in span
                                      if begin - APART < at < end + APART)])
        if any(later - sooner < APART for sooner, later in zip(turns, turns[1:])):
            return True
        edges = []
        if receiver in BY_THE_HOUR:
            edges += self.edges
        if receiver in ("early", "late"):
            edges += [at for at, what in self.starts if what == "change"]
        turns = [begin, end, *(at for span in (*self.silenced[name], *self.inhibited.get(name, ())) for at in span)]
        return any(abs(at - edge) < APART for at in turns for edge in edges)

    def met_trouble(self, word):
        """What began or ended while the receiver took nothing is told when it is tried next, if it still is so then."""
        receiver, name, number, status = word
        if receiver not in AFTER_TROUBLE:
            return False
        begin, end = self.episodes[name][number]
        since, until = self.trouble
        told_of = lambda at: since - PATIENCE < at < until + AFTER_TROUBLE[receiver]
        tried_until = until + AFTER_TROUBLE[receiver]
        muted = any(muted_since < tried_until and heard > until - PATIENCE
                    for muted_since, heard in (*self.silenced[name], *self.inhibited.get(name, ())))
        lasts = status == "firing" and begin < until and end > tried_until and not muted
        return not lasts and (told_of(begin) or told_of(end))

    def told_while_inhibited(self, word, at):
        """Alertmanager, just started, does not know yet what inhibits."""
        return any(since < at < until for since, until in self.inhibited.get(word[1], ()))

    def muted_at(self, receiver, name, at):
        """Whether it is, or only just was, or is about to be."""
        near = lambda since, until: since - PATIENCE < at < until + PATIENCE
        spans = (*self.silenced[name], *self.inhibited.get(name, ()))
        if any(near(*span) for span in spans):
            return True
        # Some routes are mute within the window, some outside it.
        return receiver in BY_THE_HOUR and (receiver != "hours" or near(*self.edges))

    def came_back_unheard(self, word):
        """What had ended while nobody was told of it is news when it fires again; to Alertmanager it never ended."""
        receiver, name, number, status = word
        if status != "firing":
            return False
        if receiver in WITHOUT_ENDS and number > 0:
            return True
        return any(self.muted_at(receiver, name, end) or self.ended_before_a_start(end) or self.not_taken(receiver, end)
                   for _, end in self.episodes[name][:number])

    def ended_before_a_start(self, end):
        """Alertmanager forgets all alerts when it starts, and so what ended before its next look, but not whom it had told of it."""
        return any(end - 1 < start < end + PATIENCE for start, _ in self.starts)

    def not_taken(self, receiver, end):
        since, until = self.trouble
        return receiver in AFTER_TROUBLE and since - PATIENCE < end < until

    def end_was_muted(self, word):
        """An end that was hidden is told when it is hidden no more."""
        receiver, name, number, status = word
        return status == "resolved" and self.muted_at(receiver, name, self.episodes[name][number][1])

    def end_was_forgotten(self, word):
        """What ends just before a start of Alertmanager's, or is told through two routes of one key: these write over what the
        other has told."""
        receiver, name, number, status = word
        return status == "resolved" and (receiver in BY_TWO_ROUTES
                                         or self.ended_before_a_start(self.episodes[name][number][1]))

