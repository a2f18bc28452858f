#include "go/text_template.h"

#include <doctest/doctest.h>

namespace text_template_test {

using namespace n2c;

namespace {

std::string made(std::string_view text) {
  static const go::Json document = *go::Json::parse(R"({
    "Name": "r/a", "Digest": "sha256:1", "RepoTags": ["1", "2"], "Labels": {"b": "2", "a": "1"},
    "Env": null, "Layers": ["x"], "Size": 12, "IsThere": true,
    "rootfs": {"diff_ids": ["sha256:2"]}})");
  const auto result = go::execute_template(text, document);
  return result ? *result : "error: " + result.error();
}

}  // namespace

TEST_CASE("a field is printed as Go prints it") {
  CHECK(made("{{.Digest}}") == "sha256:1");
  CHECK(made("Name: {{ .Name }} at {{.Digest}}") == "Name: r/a at sha256:1");
  CHECK(made("{{.RepoTags}} {{.Labels}} {{.Env}} {{.Size}} {{.IsThere}}") ==
        "[1 2] map[a:1 b:2] <nil> 12 true");
  CHECK(made("{{.RootFS.DiffIDs}}") == "[sha256:2]");
}

TEST_CASE("functions and pipelines do what podman's and skopeo's do") {
  CHECK(made("{{json .RepoTags}} {{.Labels | json}}") == R"(["1","2"] {"b":"2","a":"1"})");
  CHECK(made(R"({{index .Labels "a"}}{{index .Labels "none"}}{{index .RepoTags 1}})") == "12");
  CHECK(made(R"({{join .RepoTags ", "}} {{len .RepoTags}} {{upper .Name}} {{title "a b"}})") ==
        "1, 2 2 R/A A B");
  CHECK(made(R"({{(index .RepoTags 0) | printf_less}})")
            .starts_with("error: no function printf_less"));
  CHECK(made(R"({{split .Name "/" | json}} {{replace .Name "/" "-"}} {{trim " x "}})") ==
        R"(["r","a"] r-a x)");
  CHECK(made(R"({{println .Name 1}}{{print "a" "b"}})") == "r/a 1\nab");
}

TEST_CASE("range, if, with, else and variables") {
  CHECK(made("{{range .RepoTags}}{{.}};{{end}}") == "1;2;");
  CHECK(made("{{range .Env}}{{.}}{{else}}none{{end}}") == "none");
  CHECK(made(R"({{range $k, $v := .Labels}}{{$k}}={{$v}}{{"\n"}}{{end}})") == "a=1\nb=2\n");
  CHECK(made("{{if .Env}}a{{else if .Size}}b{{else}}c{{end}}") == "b");
  CHECK(made("{{with .Labels}}{{.a}}{{$.Name}}{{end}}") == "1r/a");
  CHECK(made(R"({{$x := .Name}}{{if and (eq $x "r/a") (not .Env)}}yes{{end}})") == "yes");
}

TEST_CASE("white space is cut by dashes, comments are nothing, and \\n is a line end") {
  CHECK(made("a  {{- .Size -}}  b{{/* nothing */}}") == "a12b");
  CHECK(made(R"({{.Name}}\t{{.Size}}\n)") == "r/a\t12\n");
}

TEST_CASE("what cannot be understood is said") {
  CHECK(made("{{.Wrong}}").starts_with("error: no field .Wrong; there are: .Name .Digest"));
  for (const char* text :
       {"{{", "{{end}}", "{{if .Name}}", "{{}}", "{{.Name .Size}}", "{{\"}}", "{{(.Name}}",
        "{{$y}}", "{{range .Size}}{{end}}", "{{index .RepoTags 9}}", "{{join}}", "{{a b}} {{",
        "{{$a, $b, $c := .Name}}", "{{lower .Size}}", "{{.Name)}}"}) {
    CAPTURE(text);
    CHECK(made(text).starts_with("error: "));
  }
  CHECK(made(std::string(200, '(') + "{{" + std::string(200, '(') + "}}").starts_with("error: "));
}

}  // namespace text_template_test
