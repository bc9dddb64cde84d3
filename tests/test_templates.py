"""The real Handlebars in its sandbox: what it prints, what it cannot reach, and that everything has an end."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import quickjs
from hypothesis import given, settings

from bridge import templates_engine
from bridge.templates import LONGEST_TEMPLATE, render, template_fault
from tests.fuzz_templates import check, check_fault, documents, templates

LONG = "a" * 300_000


def printed(template: str, **data: object) -> str | None:
    return render(template, data).text


def fault(template: str, **data: object) -> str:
    rendered = render(template, data)
    assert rendered.text is None
    return rendered.fault


# -- the language ------------------------------------------------------------------------------------------------------


def test_two_braces_escape_as_handlebars_does_and_three_do_not() -> None:
    assert printed("{{a}}", a="&<>\"'`=") == "&amp;&lt;&gt;&quot;&#x27;&#x60;&#x3D;"
    assert printed("{{{a}}}{{&a}}", a="<&>") == "<&><&>"


def test_the_data_keep_the_senders_key_case() -> None:
    assert printed("{{data.Host}}|{{data.host}}", data={"Host": "db1"}) == "db1|"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{data.list.[0]}}", "first"),
        ("{{data.list.1.name}}", "second"),
        ("{{data.deep.er.still}}", "here"),
        ("{{data.[key with spaces]}}", "yes"),
        ("{{lookup data 'number'}}", "3"),
        ("{{data.missing.deeper}}", ""),
        ("{{data.no}}{{data.nothing}}", "false"),
        ("{{#with data.deep as |it|}}{{it.er.still}}{{/with}}", "here"),
        ("{{#each data.list as |item n|}}{{n}}{{/each}}", "01"),
        ("{{#each data.deep.er}}{{@key}}={{this}}{{/each}}", "still=here"),
        ("{{#if data.no}}a{{else if data.number}}b{{else}}c{{/if}}", "b"),
        ("{{#*inline 'part'}}[{{x}}]{{/inline}}{{> part x=data.number}}", "[3]"),
        ("a  {{~! gone ~}}  b \\{{data}}", "ab {{data}}"),
    ],
)
def test_paths_blocks_and_parts_work(template: str, text: str) -> None:
    data = {
        "list": ["first", {"name": "second"}],
        "deep": {"er": {"still": "here"}},
        "key with spaces": "yes",
        "number": 3,
        "no": False,
        "nothing": None,
    }
    assert printed(template, data=data) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{first list}} {{join (after list 1) '-'}} {{inArray list 'b'}}", "a b-c true"),  # array
        ("{{#isEmpty none}}empty{{/isEmpty}} {{length list}}", "empty 3"),  # collection
        ("{{#gt number 2}}more{{/gt}} {{default none 'other'}} {{contains list 'c'}}", "more  true"),  # comparison
        ("{{moment '2026-03-04' 'DD.MM.YYYY'}} {{moment 'January 5 2020' 'YYYY'}}", "04.03.2026 2020"),  # date
        ("{{{ul list class='x'}}}", '<ul class="x"><li>a</li>\n<li>b</li>\n<li>c</li></ul>'),  # html
        ("{{inflect number 'alert' 'alerts' true}} {{ordinalize number}}", "3 alerts 3rd"),  # inflection
        ("{{match list '[ab]'}}", "a,b"),  # match
        ("{{add number 4}} {{round 2.6}} {{divide 9 number}}", "7 3 3"),  # math
        ("{{typeOf list}} {{#withHash a=number}}{{a}}{{/withHash}}", "array 3"),  # misc
        ("{{addCommas 1234567}} {{phoneNumber '8005551212'}} ", "1,234,567 (800) 555-1212 "),  # number
        ("{{get 'a.b' deep}} {{{stringify deep}}} {{hasOwn deep 'a'}}", '1 {"a":{"b":1}} true'),  # object
        ("{{basename 'etc/motd.txt'}} {{extname 'a.log'}}", "motd.txt .log"),  # path
        ("{{test 'foobar' (toRegex '^foo')}}", "true"),  # regex
        ("{{uppercase 'up'}} {{titleize 'a host'}} {{truncate 'abcdef' 3}}", "UP A Host abc"),  # string
        ("{{encodeURI 'a b/c'}} {{stripProtocol 'https://x.example/a'}}", "a%20b%2Fc //x.example/a"),  # url
    ],
)  # fmt: skip
def test_handlebars_helpers_of_every_group_work(template: str, text: str) -> None:
    assert printed(template, list=["a", "b", "c"], none=[], number=3, deep={"a": {"b": 1}}) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{{JSONstringify data}}}", '{"body":"host=db1 url=https://a.example/1","html":"<b>up</b>"}'),
        ("{{{itemAt (regexMatch data.body 'url=(\\S+)') 1}}}", "https://a.example/1"),
        ("{{join (regexMatch data.body 'H|U' 'gi') ','}}", "h,u,h"),
        ("[{{itemAt (regexMatch data.body 'port=(\\d+)') 1}}{{regexMatch data.none 'a'}}]", "[]"),
        ("{{sanitize data.html}}", "up"),
        ("{{replace data.body '=' ': '}}", "host: db1 url: https://a.example/1"),
    ],
)
def test_the_helpers_that_pagertree_documents_work(template: str, text: str) -> None:
    assert printed(template, data={"body": "host=db1 url=https://a.example/1", "html": "<b>up</b>"}) == text


# -- what fails is a sentence ------------------------------------------------------------------------------------------


def test_a_template_that_cannot_be_read_is_a_sentence() -> None:
    assert "Parse error on line 1" in fault("{{#if data")
    assert "if doesn't match each" in fault("{{#if data}}{{/each}}")


def test_a_helper_that_fails_is_a_sentence() -> None:
    assert fault("{{JSONparse data}}", data="no JSON").startswith("the template failed: ")
    assert 'Missing helper: "nothing"' in fault("{{nothing 1}}")


def test_data_that_are_no_json_are_a_sentence() -> None:
    assert fault("x", data={1, 2}) == "the data of the template are not JSON: set has no form in JSON"
    assert "not JSON" in fault("x", data=float("nan"))


def test_data_that_go_round_in_a_circle_are_a_sentence() -> None:
    circle: list[object] = []
    circle.append(circle)
    assert "Circular" in fault("x", data=circle)


def test_a_template_without_a_bundle_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(templates_engine.Stopped, match=r"is missing: install the bridge again: pip install"):
        templates_engine.read_bundle(tmp_path / "handlebars.js")


@pytest.mark.parametrize(
    ("template", "word"),
    [
        ("{{#if a}}", "Parse error"),
        ("one\n{{nothing 1}}", "there is no helper nothing (line 2)"),
        ("{{#if (nothing 1)}}x{{/if}}", "there is no helper nothing (line 1)"),
        ("{{> elsewhere}}", "there is no partial elsewhere (line 1)"),
        ("{{* made_up}}", "there is no decorator made_up (line 1)"),
        ("x" * (LONGEST_TEMPLATE + 1), "longer than 16384 characters"),
    ],
)
def test_what_cannot_work_is_told_before_there_are_data(template: str, word: str) -> None:
    assert word in (template_fault(template) or "")


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{data}} {{#data}}x{{/data}} {{data.x}}",
        "{{#with data as |name|}}{{name 1}}{{/with}}",
        "{{#*inline 'x'}}a{{/inline}}{{> x}}{{#> y}}instead{{/y}}{{> (lookup data 'x')}}",
        "{{#each data}}{{lookup this 1}}{{else}}{{uppercase 'a'}}{{/each}}{{regexMatch data 'x'}}",
    ],
)
def test_what_may_work_has_no_fault(template: str) -> None:
    assert template_fault(template) is None


# -- what it cannot reach ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["constructor", "__proto__", "toString", "data.constructor.name", "list.push"])
def test_what_an_object_inherits_is_refused(path: str) -> None:
    assert printed(f"[{{{{{path}}}}}]", data={}, list=[1]) == "[]"


@pytest.mark.parametrize(
    "template",
    [
        "{{#with (get 'constructor' 'x') as |o|}}{{#with (get 'constructor' o)}}{{this 'return 7'}}{{/with}}{{/with}}",
        "{{#with (get 'constructor.constructor' data) as |f|}}{{f 'return 7'}}{{/with}}",
        "{{#with (lookup data 'constructor') as |f|}}{{f 'return 7'}}{{/with}}",
        "{{constructor.constructor 'return 7'}}",
        "{{#with 's' as |s|}}{{s.sub.constructor 'return 7'}}{{/with}}",
    ],
)
def test_no_text_becomes_code(template: str) -> None:
    assert "7" not in (printed(template, data={}) or "")


def test_what_templates_share_cannot_be_changed() -> None:
    render("{{extend (get '__proto__' data) (JSONparse '{\"left\": 1}')}}", {"data": {}})
    render("{{merge (get '__proto__' data) (JSONparse '{\"left\": 1}')}}", {"data": {}})
    assert printed("[{{left}}{{get 'left' data}}{{JSONstringify data}}]", data={}) == "[{}]"


def test_a_part_of_one_template_is_unknown_to_the_next() -> None:
    assert printed("{{#*inline 'mine'}}x{{/inline}}{{> mine}}") == "x"
    assert "mine could not be found" in fault("{{> mine}}")


def test_inside_there_is_nothing_that_reaches_outside() -> None:
    context = quickjs.Context()
    context.eval(templates_engine.read_bundle(templates_engine.BUNDLE))
    names = ("require", "std", "os", "process", "fetch", "XMLHttpRequest", "console", "print", "eval", "Function")
    assert {name: context.eval(f"typeof {name}") for name in names} == dict.fromkeys(names, "undefined")
    assert context.eval("typeof JSON") == "object"


# -- that it ends ------------------------------------------------------------------------------------------------------

ENDLESS: list[tuple[str, dict[str, Any], str]] = [
    ("{{regexMatch data '^(a+)+$'}}", {"data": "a" * 40 + "!"}, "longer than 0.25 s"),
    ("{{#each l}}{{#each ../l}}{{#each ../l}}{{/each}}{{/each}}{{/each}}", {"l": [1] * 10_000}, "longer than 0.25 s"),
    ("{{contains data part}}", {"data": LONG * 2, "part": LONG + "b"}, "longer than 0.25 s"),
    ("{{#each l}}{{#if (uppercase ../data)}}{{/if}}{{/each}}", {"data": LONG, "l": [1] * 99_999}, "longer than 0.25 s"),
    ("{{#each l}}{{#if (stringify ../l)}}{{/if}}{{/each}}", {"l": [1] * 99_999}, "longer than 0.25 s"),
    ("{{#*inline 'x'}}{{> x}}{{/inline}}{{> x}}", {}, "Maximum call stack"),
    ("{{add " + "(add 1 " * 1_500 + "1" + ")" * 1_500 + " 1}}", {}, "the template "),
    ("{{JSONparse data}}", {"data": "[" + "[]," * 900_000 + "[]]"}, "64 MiB of memory"),
    ("{{#*inline 'x'}}{{> x data=(append data data)}}{{/inline}}{{> x}}", {"data": LONG}, "the template "),
    ("{{{data}}}", {"data": "a" * 65_537}, "prints more than 65536 characters"),
    ("{{#each l}}{{../data}}{{/each}}", {"data": LONG, "l": [1] * 99}, "the template "),
    ("{{data}}" * 10_000, {}, "longer than 16384 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("template", "data", "word"), ENDLESS, ids=[template[:30] for template, _, _ in ENDLESS])
def test_everything_has_an_end_and_the_next_render_works(template: str, data: dict[str, Any], word: str) -> None:
    assert word in render(template, data).fault
    assert printed("ok {{a}}", a=1) == "ok 1"


def test_text_is_whole_whatever_the_data_hold() -> None:
    assert printed("{{a}}|{{b}}|\ud800", a="\ud800\x00", b="\U0001f525") == "\ufffd\x00|\U0001f525|\ufffd"


def test_a_bridge_without_templates_never_loads_the_engine() -> None:
    code = "import sys, bridge.cli, bridge.templates; sys.exit('quickjs' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_threads_render_side_by_side() -> None:
    with ThreadPoolExecutor(4) as threads:
        texts = list(threads.map(lambda n: printed("{{uppercase a}} {{n}}", a="x", n=n), range(200)))
    assert texts == [f"X {n}" for n in range(200)]


def test_a_context_is_renewed_after_its_uses() -> None:
    assert {printed("{{a}}", a=1) for _ in range(templates_engine.USES + 2)} == {"1"}


@settings(max_examples=60, deadline=None)
@given(templates, documents)
def test_any_template_and_any_data_end_in_a_text_or_a_sentence(template: str, data: dict[str, object]) -> None:
    check(render(template, data))
    check_fault(template_fault(template))
