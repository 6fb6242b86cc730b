"""What the parser makes of valid texts, and what it says of others."""

from __future__ import annotations

import time

import pytest

from mlctl.core.diagnostic import Diagnostic
from mlctl.hcl import ast
from mlctl.hcl.parser import parse_bytes, parse_config, parse_expression, parse_traversal


def config(text: str) -> ast.Body:
    body, diagnostics = parse_config("t.hcl", text)
    assert diagnostics == []
    return body


def expression(text: str) -> ast.Expression:
    expr, diagnostics = parse_expression("t.hcl", text)
    assert diagnostics == []
    return expr


def errors(text: str) -> list[Diagnostic]:
    return parse_config("t.hcl", text)[1]


def summary(text: str) -> str:
    return errors(text)[0].summary


def shape(expr: ast.Expression) -> str:
    """The expression with a pair of parentheses around every operation."""
    match expr:
        case ast.Binary():
            return f"({shape(expr.left)} {expr.operator} {shape(expr.right)})"
        case ast.Unary():
            return f"({expr.operator}{shape(expr.operand)})"
        case ast.Conditional():
            arms = f"{shape(expr.if_true)} : {shape(expr.if_false)}"
            return f"({shape(expr.condition)} ? {arms})"
        case ast.Parentheses():
            return shape(expr.inner)
        case _:
            return expr.text()


def test_a_body_holds_attributes_and_blocks() -> None:
    body = config('a = 1\nb "x" y {\n  c = 2\n}\nb {}\n')

    assert list(body.attributes) == ["a"]
    assert [(block.type, block.labels) for block in body.blocks] == [("b", ["x", "y"]), ("b", [])]
    assert list(body.blocks[0].body.attributes) == ["c"]
    assert body.blocks[0].header() == 'b "x" "y"'


def test_every_part_knows_where_it_stands() -> None:
    block = config('kind "name" {\n  a = [1, f(x)]\n}\n').blocks[0]
    attribute = block.body.attributes["a"]

    assert str(block.type_span()) == "t.hcl:1,1"
    assert str(block.label_nodes[0].span()) == "t.hcl:1,6"
    assert block.header_span().end.column == 12
    assert str(attribute.name_span()) == "t.hcl:2,3"
    assert attribute.expr.text() == "[1, f(x)]"
    assert attribute.text() == "a = [1, f(x)]"
    assert block.body.text().startswith("{")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a + b * c", "(a + (b * c))"),
        ("a - b - c", "((a - b) - c)"),
        ("a || b && c", "(a || (b && c))"),
        ("a == b != c", "((a == b) != c)"),
        ("a < b + 1 && c", "((a < (b + 1)) && c)"),
        ("-a + b", "((-a) + b)"),
        ("!a && b", "((!a) && b)"),
        ("-a.b[0]", "(-a.b[0])"),
        ("(a + b) * c", "((a + b) * c)"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a && b ? c : d", "((a && b) ? c : d)"),
        ("a % b / c", "((a % b) / c)"),
    ],
)
def test_operators_bind_as_in_hcl(text: str, wanted: str) -> None:
    assert shape(expression(text)) == wanted


def test_static_steps_become_one_reference() -> None:
    found = expression('a.b["c"][0].1.d')

    assert isinstance(found, ast.ScopeTraversal)
    assert found.name == "a"
    steps = [s.name if isinstance(s, ast.Attr) else s.value for s in found.steps]
    assert steps == ["b", "c", 0, 1, "d"]
    assert found.attribute(0) == "b"
    assert found.attribute(1) is None
    assert found.prefix_span(1).end.column == 4


def test_a_key_to_be_evaluated_ends_a_reference() -> None:
    found = expression("a.b[c].d")

    assert isinstance(found, ast.RelativeTraversal)
    assert isinstance(found.target, ast.Index)
    assert found.target.collection.text() == "a.b"


def test_a_full_splat_takes_every_step_and_an_old_one_only_attributes() -> None:
    full, old = expression("a[*].b[0]"), expression("a.*.b[0]")

    assert isinstance(full, ast.Splat)
    assert isinstance(old, ast.RelativeTraversal)
    assert isinstance(old.target, ast.Splat)


def test_functions_may_have_namespaces_and_expand_their_last_argument() -> None:
    found = expression("a::b(1, xs...)")

    assert isinstance(found, ast.FunctionCall)
    assert (found.name, found.expand, len(found.arguments)) == ("a::b", True, 2)
    assert found.name_span().end.column == 5


def test_line_ends_count_in_a_body_and_not_in_brackets() -> None:
    body = config("a = [\n  1,\n  2\n]\nb = (1\n  + 2)\nc = f(\n  1,\n)\n")

    assert list(body.attributes) == ["a", "b", "c"]
    assert summary("a = 1\n  + 2\n") == "Argument or block definition required"


def test_a_string_of_one_interpolation_is_its_value() -> None:
    assert isinstance(expression('"${a}"'), ast.TemplateWrap)
    assert isinstance(expression('"${a} "'), ast.Template)


def test_names_and_strings_are_in_normal_form() -> None:
    body = config('cafe\u0301 = "cafe\u0301"\n')
    expr = body.attributes["caf\u00e9"].expr

    assert isinstance(expr, ast.Template)
    assert expr.literal() == "caf\u00e9"


def test_bytes_are_decoded_and_a_byte_order_mark_is_passed_over() -> None:
    body, diagnostics = parse_bytes("t.hcl", b"\xef\xbb\xbfa = 1\r\n")

    assert diagnostics == []
    assert list(body.attributes) == ["a"]


def test_bytes_that_are_not_utf8_are_reported_and_can_still_be_shown() -> None:
    _, diagnostics = parse_bytes("t.hcl", b'a = "\xff"\nb = \n')

    assert [d.summary for d in diagnostics] == ["Invalid character encoding", "Invalid expression"]
    span = diagnostics[0].subject
    assert span is not None
    assert span.source is not None
    assert span.source.line(1) == 'a = "\ufffd"'
    assert diagnostics[1].subject is not None
    assert diagnostics[1].subject.start.byte == 12


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = 1, b = 2\n", "Unexpected comma after argument"),
        ("a = 1 b = 2\n", "Missing newline after argument"),
        ("a = 1\na = 2\n", "Attribute redefined"),
        ('"a" = 1\n', "Invalid argument name"),
        ("a\n", "Argument or block definition required"),
        ("a b = 1\n", "Invalid block definition"),
        ("a\n{\n}\n", "Argument or block definition required"),
        ('a "b"\n{\n}\n', "Invalid block definition"),
        ('a "${b}" {}\n', "Invalid string literal"),
        ("a { b = 1, c = 2 }\n", "Invalid single-argument block definition"),
        ("a { b = 1\n}\n", "Invalid single-argument block definition"),
        ("a { b {} }\n", "Argument definition required"),
        ("a {} b = 1\n", "Missing newline after block definition"),
        ("a {\n", "Unclosed configuration block"),
        ("a = f(1 2)\n", "Missing argument separator"),
        ("a = f(x..., y)\n", "Missing closing parenthesis"),
        ("a = b::c\n", "Missing open parenthesis"),
        ("a = [1 2]\n", "Missing item separator"),
        ("a = { b 1 }\n", "Missing key/value separator"),
        ("a = { b }\n", "Missing key/value separator"),
        ("a = { b\n}\n", "Missing attribute value"),
        ("a = { b = 1 c = 2 }\n", "Missing attribute separator"),
        ("a = b ? c\n", "Missing false expression in conditional"),
        ("a = b.\n", "Invalid attribute name"),
        ("a = b[1\n", "Missing close bracket on index"),
        ("a = b[*\n", "Missing close bracket on splat index"),
        ("a = b.*.*\n", "Nested splat expression not allowed"),
        ("a = b.0.1\n", "Invalid legacy index syntax"),
        ("a = [for]\n", "Invalid 'for' expression"),
        ("a = [for x y]\n", "Invalid 'for' expression"),
        ("a = [for x in y x]\n", "Invalid 'for' expression"),
        ("a = {for x in y : x}\n", "Invalid 'for' expression"),
        ('a = "\\q"\n', "Invalid escape sequence"),
        ('a = "\\u12"\n', "Invalid escape sequence"),
        ('a = "\\ud800"\n', "Invalid escape sequence"),
        ("a = 1e999999\n", "Invalid number literal"),
        ("a = <<E\nx\n", "Unterminated template string"),
        ('a = "${b c}"\n', "Extra characters after interpolation expression"),
        ('a = "${b"\n', "Unclosed template interpolation sequence"),
        ('a = "%{ wenn b }"\n', "Invalid template control keyword"),
        ('a = "%{ }"\n', "Invalid template directive"),
        ('a = "%{ if b }"\n', "Unexpected end of template"),
        ('a = "%{ else }"\n', "Unexpected else directive"),
        ('a = "%{ for x in y }%{ else }%{ endfor }"\n', "Unexpected else directive"),
        ('a = "%{ if x }%{ endfor }"\n', "Unexpected endfor directive"),
        ('a = "%{ for in y }"\n', "Invalid 'for' directive"),
        ('a = "%{ endif x }"\n', "Extra characters in endif marker"),
    ],
)
def test_what_is_wrong_is_said_by_name(text: str, expected: str) -> None:
    found = errors(text)

    assert found[0].summary == expected
    assert found[0].detail.endswith((".", "?"))
    assert found[0].subject is not None


def test_the_place_of_an_error_is_the_token_that_is_wrong() -> None:
    found = errors("x = 1\ny = [1, 2 3]\n")[0].subject

    assert found is not None
    assert (found.start.line, found.start.column, found.end.column) == (2, 11, 12)


def test_a_heredoc_without_end_is_reported_where_it_begins() -> None:
    assert str(errors("a = 1\nb = <<END\nx\n  y\n")[0].subject) == "t.hcl:2,5"


@pytest.mark.parametrize("text", ["a.b[0]", "a", 'module.x["k"].y', "a[1.5]"])
def test_a_reference_alone_is_read_as_it_is_written(text: str) -> None:
    found, diagnostics = parse_traversal("t.hcl", text)

    assert diagnostics == []
    assert found is not None
    assert found.text() == text


@pytest.mark.parametrize("text", ["", "1", "a.", "a[b]", "a[*]", "a.*", "a + b", 'a["${b}"]', "a["])
def test_what_must_be_evaluated_is_no_reference(text: str) -> None:
    assert parse_traversal("t.hcl", text)[1] != []


def test_an_attribute_may_have_the_name_of_a_keyword() -> None:
    assert list(config("for = 1\nif = 2\nnull = 3\n").attributes) == ["for", "if", "null"]


def test_a_word_as_a_type_is_recognised() -> None:
    assert ast.keyword(expression("string")) == "string"
    assert ast.keyword(expression("true")) == "true"
    assert ast.keyword(expression("null")) == "null"
    assert ast.keyword(expression("a.b")) is None
    assert ast.keyword(expression("f()")) is None


def test_what_is_missing_from_a_body_is_placed_at_its_end() -> None:
    block = config("a {\n}\n").blocks[0]

    assert block.body.missing_item_span().start == block.span().end


BLOCK = """
step "train_{i}" {{
  description = "Run {i} of ${{upper(var.team)}} in ${{var.region}}"
  rates       = [for rate in var.rates : rate * 0.5 if rate > 0.001]
  replicas    = var.replicas > 2 ? var.replicas * 2 : 1
  tags = {{
    owner = var.owner
    "cost-center" = "cc-{i}"
  }}
  command = <<-EOT
    python train.py --data ${{data_asset.images.path}} --seed {i}
  EOT
  resources {{
    cpus = 4
  }}
  depends_on = [compute.gpu, environment.sklearn[{i}].id]
}}
"""


def test_a_thousand_blocks_are_parsed_in_a_moment() -> None:
    text = "".join(BLOCK.format(i=i) for i in range(1000))
    began = time.process_time()

    body = config(text)

    assert len(body.blocks) == 1000
    assert time.process_time() - began < 2.0  # usually 0.25 s; the machine may be busy
