"""Text to tokens: one compiled pattern and a stack of modes, in one pass.

The rules are those of the HCL specification, and where it is silent those of hashicorp/hcl's
scanner: what a number looks like, that a heredoc's marker must be followed by a line end, that
``$${`` is text. The lexer never fails; what cannot be a token becomes one of kind ``INVALID``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import regex

from mlctl.hcl import tokens as t
from mlctl.hcl.lexical_problems import LexicalProblems
from mlctl.hcl.source import Source
from mlctl.hcl.tokens import Tokens

BOM = "\ufeff"

_MAX_HEREDOCS = 50
"""Heredocs inside one another; each unclosed one costs a search to the end of the text."""

# In the order of how often each is met. The ASCII identifier must not be the beginning of a
# longer one with other letters; those take the slow way through ``_UNICODE_IDENT``.
_MAIN = re.compile(
    r"""[ \t]*(?:
      ([A-Za-z_][A-Za-z0-9_-]*+(?![^\x00-\x7f]))          # 1 identifier
    | (\r?\n)                                              # 2 line end
    | ([0-9](?:\.*(?:[0-9]|[eE][+-]?[0-9]))*+)             # 3 number
    | (")                                                  # 4 string
    | (\{)                                                 # 5
    | (\}|~\})                                             # 6
    | ((?:\#|//)[^\n]*|/\*)                                # 7 comment
    | (<<-?(?:[A-Za-z_][A-Za-z0-9_-]*+|[^\x00-\x7f\s])[^\s]*\r?\n)   # 8 perhaps a heredoc
    | (==|=>|!=|>=|<=|&&|\|\||::|\.\.\.|[][().,*/%+\-=<>!?:])   # 9 punctuation
    )""",
    re.VERBOSE,
)
_UNICODE_IDENT = regex.compile(r"[\p{ID_Start}_][\p{ID_Continue}\-]*+")
_HEREDOC = regex.compile(r"<<(-?)([\p{ID_Start}_][\p{ID_Continue}\-]*+)\r?\n")
_BLANKS = re.compile(r"[ \t]*")
_QUOTED = re.compile(
    r'(?:[^"\\$%\r\n]+|\\[^\r\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))++',
)
_PLAIN = re.compile(r"(?:[^$%]+|\$\$\{|%%\{|\$(?!\{)|%(?!\{))++")
_HEREDOC_TEXT = re.compile(r"(?:[^$%\r]+|\r(?=\n)|\$\$\{|%%\{|\$(?!\{)|%(?!\{))++")
_LINE_ENDS = re.compile(r"[\r\n]+")
_NEXT_ITEM = re.compile(r'[ \t]*(?:\}|\Z|[A-Za-z_][A-Za-z0-9_-]*[ \t]*(?:=(?!=)|\{|"[^"\r\n]*"))')
# What Go calls space, less the line end; a heredoc's closing marker may stand between these.
_MARGIN = "[ \\t\\v\\f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*"


@dataclass(slots=True)
class _Mode:
    """Where the scanner is inside a template.

    Attributes:
        scan: What reads the next token.
        braces: In a sequence: how many ``{`` are open in it.
        broken: In a string: a line end in it has been reported.
        close: In a heredoc: finds the line of the closing marker.
        end: In a heredoc: where that line starts, as far as known.
        after: In a heredoc: where that line ends.
    """

    scan: Callable[[_Lexer, _Mode], None]
    braces: int = 0
    broken: bool = False
    close: re.Pattern[str] | None = None
    end: int = -1
    after: int = -1


class _Lexer:
    __slots__ = (
        "at",
        "comments",
        "ends",
        "heredocs",
        "kinds",
        "last_comment",
        "modes",
        "problems",
        "starts",
        "text",
    )

    def __init__(self, tokens: Tokens, *, comments: bool) -> None:
        self.text = tokens.source.text
        self.kinds, self.starts, self.ends = tokens.kinds, tokens.starts, tokens.ends
        self.problems = LexicalProblems(tokens)
        self.comments = comments
        self.modes: list[_Mode] = []
        self.heredocs = 0
        # Looked up once: a text of unclosed "/*" must not be searched to its end for each.
        self.last_comment = self.text.rfind("*/")
        self.at = 1 if self.text.startswith(BOM) else 0

    def run(self, first: _Mode) -> None:
        self.modes.append(first)
        end = len(self.text)
        while self.at < end:
            mode = self.modes[-1]
            mode.scan(self, mode)
        self.emit(t.EOF, end)

    def emit(self, kind: str, end: int) -> None:
        """Add the token that begins here and go to its end."""
        self.kinds.append(kind)
        self.starts.append(self.at)
        self.ends.append(end)
        self.at = end

    def refuse(self, kind: str, end: int) -> None:
        """Add a token that is reported here and refused by the parser wherever it stands."""
        self.problems.report(kind, self.at, end)
        self.emit(kind, end)


def lex(source: Source, *, comments: bool = False) -> Tokens:
    """Cut a configuration or an expression into tokens, with comments when wanted."""
    tokens = Tokens(source)
    _Lexer(tokens, comments=comments).run(_Mode(_scan_main))
    return tokens


def lex_template(source: Source) -> Tokens:
    """Cut a bare template, such as a template file's text, into tokens."""
    tokens = Tokens(source)
    _Lexer(tokens, comments=False).run(_Mode(_scan_bare))
    return tokens


def is_identifier(text: str) -> bool:
    """True when ``text`` could be a name in the language."""
    return _UNICODE_IDENT.fullmatch(text) is not None


def _scan_main(lexer: _Lexer, mode: _Mode) -> None:
    """Read tokens outside of text until something changes the mode."""
    match, text = _MAIN.match, lexer.text
    kinds, starts, ends = lexer.kinds.append, lexer.starts.append, lexer.ends.append
    at = lexer.at
    while found := match(text, at):
        group = found.lastindex or 0
        at = found.end()
        if group == 1:
            kinds(t.IDENT)
        elif group == 9:
            kinds(found[9])
        elif group == 2:
            kinds(t.NEWLINE)
        elif group == 3:
            kinds(t.NUMBER)
        else:
            lexer.at = found.start(group)
            _SPECIAL[group](lexer, mode, at)
            if lexer.modes[-1] is not mode:
                return
            at = lexer.at
            continue
        starts(found.start(group))
        ends(at)
    lexer.at = _after_blanks(text, at)
    if lexer.at < len(text):
        _unusual(lexer)


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _open_quote(lexer: _Lexer, _mode: _Mode, end: int) -> None:
    lexer.emit(t.OPEN_QUOTE, end)
    lexer.modes.append(_Mode(_scan_quoted))


def _open_brace(lexer: _Lexer, mode: _Mode, end: int) -> None:
    mode.braces += 1
    lexer.emit("{", end)


def _close_brace(lexer: _Lexer, mode: _Mode, end: int) -> None:
    if mode.braces == 0 and len(lexer.modes) > 1:
        lexer.emit(t.SEQUENCE_END, end)
        lexer.modes.pop()
        return
    if end - lexer.at == 2:
        lexer.refuse("~", end - 1)
    mode.braces = max(0, mode.braces - 1)
    lexer.emit("}", end)


def _comment(lexer: _Lexer, _mode: _Mode, end: int) -> None:
    text = lexer.text
    if text.startswith("/*", lexer.at):
        if lexer.last_comment < end:
            lexer.emit("/", lexer.at + 1)
            return
        end = text.index("*/", end) + 2
    elif text[end - 1] == "\r" and text.startswith("\n", end):
        end -= 1
    if lexer.comments:
        lexer.emit(t.COMMENT, end)
    lexer.at = end


def _open_heredoc(lexer: _Lexer, _mode: _Mode, _end: int) -> None:
    found = _HEREDOC.match(lexer.text, lexer.at)
    if not found or lexer.heredocs > _MAX_HEREDOCS:
        lexer.emit("<", lexer.at + 1)
        lexer.emit("<", lexer.at + 1)
        return
    lexer.heredocs += 1
    lexer.emit(t.OPEN_HEREDOC, found.end())
    close = re.compile(f"^{_MARGIN}{re.escape(found[2])}{_MARGIN}\r?\n", re.MULTILINE)
    lexer.modes.append(_Mode(_scan_heredoc, close=close))


_SPECIAL: dict[int, Callable[[_Lexer, _Mode, int], None]] = {
    4: _open_quote,
    5: _open_brace,
    6: _close_brace,
    7: _comment,
    8: _open_heredoc,
}


def _unusual(lexer: _Lexer) -> None:
    """An identifier with letters beyond ASCII, or a character that has no place here."""
    text, at = lexer.text, lexer.at
    found = _UNICODE_IDENT.match(text, at)
    if found:
        lexer.emit(t.IDENT, found.end())
    elif text[at] in "&|^~`';":
        lexer.refuse(text[at], at + 1)
    else:
        lexer.refuse(t.INVALID, at + 1)


def _scan_quoted(lexer: _Lexer, mode: _Mode) -> None:
    text, at = lexer.text, lexer.at
    found = _QUOTED.match(text, at)
    if found:
        lexer.problems.check_text(at, found.end())
        lexer.emit(t.QUOTED_TEXT, found.end())
        return
    head = text[at]
    if head == '"':
        lexer.emit(t.CLOSE_QUOTE, at + 1)
        lexer.modes.pop()
    elif head in "$%":
        _open_sequence(lexer)
    elif ends := _LINE_ENDS.match(text, at):
        _broken_line(lexer, mode, ends.end())
    else:
        lexer.refuse(t.INVALID, at + 1)


def _broken_line(lexer: _Lexer, mode: _Mode, end: int) -> None:
    """A line end in a string: forgotten quote, or text of several lines?

    When what follows looks like the next argument or block the quote was forgotten, and the
    string ends here, so that the mistake stays on its line.
    """
    if not mode.broken:
        lexer.problems.report(t.QUOTED_NEWLINE, lexer.at, end)
    mode.broken = True
    lexer.emit(t.QUOTED_NEWLINE, end)
    if not _NEXT_ITEM.match(lexer.text, end):
        return
    while lexer.modes and lexer.modes[-1].scan is _scan_quoted:
        lexer.modes.pop()
        if len(lexer.modes) > 1 and lexer.modes[-2].scan is _scan_quoted:
            lexer.modes.pop()
    lexer.emit(t.CLOSE_QUOTE, end)
    lexer.emit(t.NEWLINE, end)


def _open_sequence(lexer: _Lexer) -> None:
    at = lexer.at
    kind = t.INTERPOLATION if lexer.text[at] == "$" else t.DIRECTIVE
    lexer.emit(kind, at + 3 if lexer.text.startswith("~", at + 2) else at + 2)
    lexer.modes.append(_Mode(_scan_main))


def _scan_heredoc(lexer: _Lexer, mode: _Mode) -> None:
    if mode.end < lexer.at and mode.close is not None:
        # Found once and kept: a marker inside a sequence is passed over, the next one counts.
        found = mode.close.search(lexer.text, lexer.at)
        mode.end, mode.after = found.span() if found else (len(lexer.text), -1)
    if lexer.at == mode.end and mode.after >= 0:
        newline = mode.after - 1
        if lexer.text[newline - 1] == "\r":
            newline -= 1
        lexer.emit(t.CLOSE_HEREDOC, newline)
        lexer.emit(t.NEWLINE, mode.after)
        lexer.modes.pop()
        lexer.heredocs -= 1
        return
    found = _HEREDOC_TEXT.match(lexer.text, lexer.at, mode.end)
    if found:
        _text(lexer, found.end())
    elif lexer.text[lexer.at] == "\r":
        lexer.refuse(t.INVALID, lexer.at + 1)  # Only a part of a line end.
    else:
        _open_sequence(lexer)


def _scan_bare(lexer: _Lexer, _mode: _Mode) -> None:
    found = _PLAIN.match(lexer.text, lexer.at)
    if found:
        _text(lexer, found.end())
    else:
        _open_sequence(lexer)


def _text(lexer: _Lexer, end: int) -> None:
    lexer.problems.check_text(lexer.at, end)
    lexer.emit(t.TEXT, end)
