/// Mistakes at the command line, and what a user reads.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "go/encoding_json.h"
#include "test/golden/desk.h"

namespace mistakes_test {

using namespace n2c;
using test::Desk;

namespace {

struct Mistake {
  std::string_view words;
  int exit_code;
  std::string_view first, hint;
};

/// How it ended, which is as the mistake says.
ProgramEnd make(const Desk& desk, const Mistake& mistake) {
  CAPTURE(mistake.words);
  ProgramEnd end = desk.run(mistake.words);
  CAPTURE(end.messages);
  CHECK(end.exit_code == mistake.exit_code);
  CHECK(end.messages.starts_with(cat("n2c: ", mistake.first)));
  return end;
}

/// It says what to do, too, and nothing was made.
void make_for_nothing(const Desk& desk, const Mistake& mistake) {
  const ProgramEnd end = make(desk, mistake);
  CAPTURE(mistake.words);
  CAPTURE(end.messages);
  CHECK(end.output.empty());
  CHECK(end.messages.ends_with(cat("hint: ", mistake.hint, "\n")));
  CHECK_FALSE(desk.holds("out"));
}

}  // namespace

TEST_CASE("what is mistaken for an image.json is named, with what to do (#21)") {
  const Desk desk;
  const Mistake mistakes[] = {
      {"push 127.0.0.1:1/app:1 image.json", 2,
       "image.json is a file, and 127.0.0.1:1/app:1 is none",
       "the image comes first: n2c push IMAGE.json DESTINATION"},
      {"push layout oci:out", 3, "layout is a folder, and an image.json was due",
       "an OCI layout is copied: n2c copy oci:layout DESTINATION"},
      {"push . oci:out", 3, ". is a folder, and an image.json was due",
       "IMAGE is the image.json that nix build makes, mostly ./result"},
      {"push layers.json oci:out", 3, "layers.json: ",
       "a list is a layers.json or a closure graph: n2c image makes an image.json of layers"},
      {"push config.json oci:out", 3, "config.json: not an image.json: it has no version",
       "n2c image makes an image.json of a config and layers"},
      {"push empty oci:out", 3, "empty: the file is empty",
       "what wrote it may have failed: run that again"},
      {"push archive oci:out", 3, "archive: an archive, and an image.json was due",
       "an archive is copied: n2c copy docker-archive:FILE DESTINATION"},
  };
  for (const Mistake& mistake : mistakes) make_for_nothing(desk, mistake);
}

TEST_CASE("a whole OCI config is not taken for the part of it that n2c image wants (#21)") {
  const Desk desk;
  const ProgramEnd end = desk.run("image out whole.json layers.json");
  CHECK(end.exit_code == 1);
  CHECK(end.messages.ends_with(
      "whole.json is a whole OCI image config; its member \"config\" belongs here\n"
      "hint: jq .config takes it out\n"));
  CHECK_FALSE(desk.holds("out"));
}

TEST_CASE("an unknown command or option is reported with the one that may be meant (#21)") {
  const Desk desk;
  const Mistake mistakes[] = {
      {"psuh", 2, "\"psuh\" is not a command", "did you mean push?"},
      {"Push a b", 2, "\"Push\" is not a command", "did you mean push?"},
      {"inspct image.json", 2, "\"inspct\" is not a command", "did you mean inspect?"},
      {"images", 2, "\"images\" is not a command",
       "engines keep images: docker images; n2c tags lists those of a repository"},
      {"cache sohw", 2, "\"sohw\" is not a command", "did you mean show?"},
      {"cache drop", 2, "\"drop\" is not a command", "commands: show, clear, prune"},
      {"push image.json oci:out --dryrun", 2, "push has no option --dryrun",
       "did you mean --dry-run?"},
      {"push image.json oci:out --compresion=zstd", 2, "push has no option --compresion",
       "did you mean --compression?"},
      {"--debgu push image.json oci:out", 2, "push has no option --debgu", "did you mean --debug?"},
      {"push image.json oci:out --frobnicate", 2, "push has no option --frobnicate",
       "n2c push --help lists them"},
      {"-n push image.json oci:out", 2, "-n is before the command",
       "options of push follow it: n2c push -n"},
      {"--tag=1 push image.json oci:out", 2, "--tag is before the command",
       "options of push follow it: n2c push --tag"},
      {"copy oci:a oci:out --all", 2, "copy has no option --all",
       "an index is copied with all its images; --platform copies one of them"},
      {"tags 127.0.0.1:1/a -k", 2, "tags has no option -k",
       "--insecure: the certificate is not checked"},
      {"copy image.json oci:out -n", 2, "copy has no option -n",
       "n2c push --dry-run says what a push would send"},
      {"push --frobnicate", 2, "push has no option --frobnicate", "n2c push --help lists them"},
      {"push image.json oci:out -x", 2, "push has no option -x", "n2c push --help lists them"},
      {"serve --prot-file a", 2, "serve has no option --prot-file", "did you mean --port-file?"},
      {"push image.json oci:out --platform linux/arm64", 2, "push has no option --platform",
       "an image.json is for one platform; copy and pull choose one of an index"},
      {"copy ./image.json oci:out --platform windows/amd64", 3,
       "the image is for linux/amd64, not for windows/amd64",
       "an image.json is for one platform: leave --platform out"},
      {"load image.json -t app:1", 2, "load has no option -t",
       "names stand behind the image: n2c load IMAGE.json NAME"},
      {"login -p secret", 2, "login has no option -p",
       "--password-stdin reads it, where no other user sees it"},
      {"push image.json oci:out -t 127.0.0.1:1/a:1", 2, "--tag: \"127.0.0.1:1/a:1\" is not a tag",
       "a tag alone, of up to 128 of A-Z a-z 0-9 . _ -: --tag latest"},
      {"push image.json oci:out --uploads many", 2,
       "--uploads: \"many\" is not a number from 1 to 64", "n2c push --help says more"},
      {"push image.json oci:out --retry 200", 2, "--retry: \"200\" is not a number from 0 to 100",
       "n2c push --help says more"},
      {"serve --max-connections -1", 2, "--max-connections: \"-1\" is not a number from 1 to ",
       "n2c serve --help says more"},
  };
  for (const Mistake& mistake : mistakes) make_for_nothing(desk, mistake);
}

TEST_CASE("what is known before anything is sent is reported once (#21)") {
  const Desk desk;
  const Mistake mistakes[] = {
      {"push image.json 127.0.0.1:1/a:1 --ca-file config.json", 3,
       "config.json: holds no PEM certificate\nwhile: pushing to 127.0.0.1:1/a:1\nhint: ", ""},
      {"push image.json 127.0.0.1:1/a:1 --auth-file empty-list", 3, "empty-list: ", ""},
      {"load image.json --engine dokcer", 2,
       "--engine: \"dokcer\" is not one of auto, docker, podman, containerd\nhint: did you mean "
       "docker?",
       ""},
      {"serve --listen 127.0.0.1:0 --image a=missing.json", 8,
       "missing.json: /nix/store/00000000000000000000000000000000-a is not on this machine", ""},
  };
  write_file(desk.folder() / "empty-list", "[]");
  write_file(desk.folder() / "missing.json", R"({"version": 1, "arch": "amd64", "image-config": {},
      "layers": [{"digest": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "diff_ids": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "size": 0,
      "mediatype": "application/vnd.oci.image.layer.v1.tar",
      "paths": [{"path": "/nix/store/00000000000000000000000000000000-a"}]}]})");
  for (const Mistake& mistake : mistakes) {
    const ProgramEnd end = make(desk, mistake);
    CAPTURE(end.messages);
    CHECK_FALSE(end.messages.contains("nothing learnt"));
  }
}

TEST_CASE("options go by the names that people bring along (#21)") {
  const Desk desk;
  for (const char* const words :
       {"push image.json oci:out -t a -t b", "push image.json oci:out --tag a --tag b",
        "copy ./image.json oci:out -t a -t b", "push -v image.json oci:out -ta -tb",
        "push image.json oci:out --insecure -t a --tag=b"}) {
    CAPTURE(words);
    std::filesystem::remove_all(desk.folder() / "out");
    CHECK(desk.run(words).exit_code == 0);
    const std::string index = read_file(desk.folder() / "out/index.json", 1 << 20);
    CHECK(index.contains("\"a\""));
    CHECK(index.contains("\"b\""));
  }
  std::filesystem::remove_all(desk.folder() / "out");
  CHECK(desk.run("push -n image.json oci:out").exit_code == 0);
  CHECK_FALSE(desk.holds("out/index.json"));
}

TEST_CASE(
    "standard output is the result alone, and the sentence about it is on standard error (#21)") {
  const Desk desk;
  struct Row {
    std::string_view words, sentence, result;
  };
  const Row rows[] = {
      {"push image.json oci:out:a", "pushed oci:out:a @sha256:", "oci:out:a@sha256:"},
      {"copy ./image.json oci:out:b", "copied oci:out:b @sha256:", "oci:out:b@sha256:"},
      {"copy oci:out:a oci:out:c", "copied oci:out:c @sha256:", "oci:out:c@sha256:"},
      {"index oci:out:a oci:out:d", "pushed oci:out:d @sha256:", "oci:out:d@sha256:"},
      {"pull oci:out:a folder", "pulled oci:out:a @sha256:", "oci:out:a@sha256:"},
      {"push image.json dir:dir", "pushed dir:dir @sha256:", "dir:dir\n"},
      {"push image.json docker-archive:a.tar:app:1",
       "pushed docker-archive:a.tar:docker.io/library/app:1 @sha256:",
       "docker-archive:a.tar:docker.io/library/app:1\n"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    const ProgramEnd loud = desk.run(row.words);
    CAPTURE(loud.messages);
    CHECK(loud.exit_code == 0);
    CHECK(loud.messages.contains(row.sentence));
    CHECK_MESSAGE(loud.output.starts_with(row.result), loud.output);
    CHECK(std::ranges::count(loud.output, '\n') == 1);
    const bool is_pull = row.words.starts_with("pull");
    if (is_pull) std::filesystem::remove_all(desk.folder() / "folder");
    const ProgramEnd quiet = desk.run(cat(row.words, " -q"));
    CHECK(quiet.exit_code == 0);
    CHECK(quiet.messages.empty());
    CHECK(quiet.output == loud.output);
    const std::string_view named = trim(loud.output);
    if (named.contains('@')) CHECK(desk.run(cat("digest ", named)).exit_code == 0);
  }
  const ProgramEnd piped = desk.run("push image.json - >archive");
  CHECK(piped.exit_code == 0);
  CHECK(piped.messages.contains("pushed docker-archive:- @sha256:"));
  CHECK(desk.run("copy docker-archive:archive oci:out:e -q").exit_code == 0);
}

TEST_CASE("--json is one object of a schema that has a name (#21)") {
  const Desk desk;
  struct Row {
    std::string_view words, command, counted;
    bool has_id;
  };
  const Row rows[] = {
      {"push image.json oci:out:a -t more", "push", "layers", true},
      {"copy ./image.json oci:out:b -t more", "copy", "layers", true},
      {"copy oci:out:a oci:out:c -t more", "copy", "blobs", false},
      {"index oci:out:a oci:out:d -t more", "index", "blobs", false},
      {"pull oci:out:a folder", "pull", "blobs", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.words);
    const ProgramEnd end = desk.run(cat(row.words, " --json"));
    CAPTURE(end.messages);
    CHECK(end.exit_code == 0);
    CHECK(std::ranges::count(end.output, '\n') == 1);
    const auto json = go::Json::parse(end.output);
    REQUIRE(json.has_value());
    CHECK(json->text_at("schema") == "n2c.result/1");
    CHECK(json->text_at("command") == row.command);
    CHECK(json->text_at("reference").ends_with(cat("@", json->text_at("digest"))));
    CHECK(json->text_at("image_id").starts_with("sha256:") == row.has_id);
    CHECK(json->find("names")->as_array()->size() == (row.command == "pull" ? 0 : 1));
    CHECK(json->find("milliseconds")->as_int().has_value());
    const go::Json* counts = json->find(row.counted);
    REQUIRE(counts != nullptr);
    for (const char* const one : {"already_there", "mounted", "sent", "bytes_sent"}) {
      REQUIRE(counts->find(one) != nullptr);
      CHECK(counts->find(one)->as_int().has_value());
    }
    const bool attaches = row.command == "push" || row.command == "index";
    CHECK((json->find("attachments") != nullptr) == attaches);
    CHECK(json->as_object()->size() == std::size_t{7} + row.has_id + attaches);
  }
  const ProgramEnd dry = desk.run("push -n image.json oci:out --json");
  CHECK(dry.output.starts_with("{\"schema\":\"n2c.plan/1\",\"command\":\"push --dry-run\","));
  CHECK(desk.run("push image.json - --json >archive").exit_code == 2);
  CHECK(desk.run("pull oci:out:a file --manifest --json").exit_code == 2);
}

TEST_CASE("a file that an option names and that is not there is exit code 3 (#21)") {
  const Desk desk;
  const Mistake mistakes[] = {
      {"push image.json 127.0.0.1:1/a:1 --ca-file none.pem", 3, "--ca-file: none.pem: no such file",
       ""},
      {"push image.json 127.0.0.1:1/a:1 --auth-file none", 3, "--auth-file: none: no such file",
       ""},
      {"push image.json 127.0.0.1:1/a:1 --auth-file layout", 3,
       "--auth-file: layout is a folder, and a file was due", ""},
      {"copy 127.0.0.1:1/a:1 oci:out --src-auth-file none", 3, "--src-auth-file: none: ", ""},
      {"tags 127.0.0.1:1/a --client-cert none --client-key none", 3, "--client-", ""},
      {"inspect 127.0.0.1:1/a:1 --authfile none", 3, "--auth-file: none: no such file", ""},
      {"login 127.0.0.1:1 --creds a:b --ca-file none", 3, "--ca-file: none: no such file", ""},
      {"serve --listen 127.0.0.1:0 --htpasswd none", 3, "--htpasswd: none: no such file", ""},
      {"serve --listen 127.0.0.1:0 --tls-cert none --tls-key none", 3, "--tls-", ""},
      {"inspect image.json --what-if --closure-graph none", 3, "--closure-graph: none: ", ""},
      {"push none.json oci:out", 3, "", ""},
      {"push image.json oci:out --store-root none", 3, "--store-root: none: no such folder", ""},
      {"push image.json https://127.0.0.1:1/a:1", 2, "DESTINATION: leave https:// out: ", ""},
      {"push image.json 127.0.0.1:1", 2, "DESTINATION: 127.0.0.1:1 is a host without ", ""},
      {"push image.json \"\"", 2, "DESTINATION: it is empty", ""},
      {"copy ocidir:a oci:out", 2, "SOURCE: there is no ocidir: here; ", ""},
      {"inspect image.json --layer 1", 2, "--layer: there is no layer 1: image.json has 0", ""},
  };
  for (const Mistake& mistake : mistakes) make(desk, mistake);
}

TEST_CASE("what is in force at one registry is shown with where it comes from (#21)") {
  const Desk desk;
  std::filesystem::create_directories(desk.folder() / "n2c");
  write_file(desk.folder() / "n2c/config.toml",
             "uploads = 3\ncompression = gzip\n[copy]\ncompression = 'zstd:7'\nuploads = 4\n"
             "[\"127.0.0.1:1\"]\nuploads = 5\n[\"127.0.0.1:2\"]\nretry = 9\n");
  const auto config = [&](std::string_view variable, std::string_view words) {
    return desk.run_with(cat("XDG_CONFIG_HOME=\"$PWD\" ", variable), cat("config ", words));
  };
  const std::string one = config("", "127.0.0.1:1").output;
  CHECK(one.contains("uploads [127.0.0.1:1] = 5  ("));
  CHECK_FALSE(one.contains("uploads = 3"));
  CHECK_FALSE(one.contains("uploads [copy]"));
  CHECK(one.contains("compression = gzip  ("));
  CHECK(one.contains("compression [copy] = zstd:7  ("));
  CHECK_FALSE(one.contains("127.0.0.1:2"));
  CHECK(config("", "127.0.0.1:3").output.contains("uploads [copy] = 4  ("));
  const std::string set = config("N2C_UPLOADS=7", "127.0.0.1:1").output;
  CHECK(set.contains("uploads = 7  (N2C_UPLOADS)"));
  CHECK_FALSE(set.contains("uploads ["));
  CHECK(config("", "127.0.0.1:1 --json").output.contains("\"host\": \"127.0.0.1:1\""));
  CHECK(config("", "127.0.0.1:1/app").exit_code == 2);
}

TEST_CASE("what is set for all runs is taken where the command line says nothing (#21)") {
  const Desk desk;
  std::filesystem::create_directories(desk.folder() / "n2c");
  const auto configured = [&](std::string_view file, std::string_view words) {
    write_file(desk.folder() / "n2c/config.toml", file);
    return desk.run_with("XDG_CONFIG_HOME=\"$PWD\"", words);
  };
  const std::string_view file =
      "quiet = true\nuploads = 3 # a comment\n[copy]\ncompression = 'zstd:7'\n"
      "[\"127.0.0.1:1\"]\nretry = \"0\"\nca-file = none\n";
  // What goes over what: the command line, the variable, a registry, a command, the rest.
  CHECK(configured(file, "push image.json oci:out").messages.empty());
  CHECK_FALSE(configured("", "push image.json oci:out").messages.empty());
  CHECK(desk.run_with("N2C_QUIET=true", "push image.json oci:out").messages.empty());
  const ProgramEnd host = configured(file, "tags 127.0.0.1:1/a");
  CHECK(host.exit_code == 3);
  CHECK(host.messages.starts_with("n2c: --ca-file: none: no such file"));
  CHECK_FALSE(configured(file, "tags 127.0.0.1:2/a --retry 0").messages.contains("--ca-file"));
  const ProgramEnd shown = configured(file, "config");
  CHECK(shown.exit_code == 0);
  CHECK(shown.output.contains("uploads = 3  ("));
  CHECK(shown.output.contains("n2c/config.toml:2)\n"));
  CHECK(shown.output.contains("compression [copy] = zstd:7  ("));
  CHECK(shown.output.contains("ca-file [127.0.0.1:1] = none  ("));
  CHECK(shown.output.contains("chunk-size  (not set; N2C_CHUNK_SIZE)\n"));

  const Mistake mistakes[] = {
      {"compresion = gzip", 3, "config.toml:1: compresion is not a setting",
       "did you mean compression?"},
      {"\n\ntag = a", 3, "config.toml:3: tag is not a setting", "n2c config lists them"},
      {"[psuh]\n", 3, "config.toml:1: [psuh] is neither a command nor a host",
       "did you mean push?"},
      {"quiet", 3, "config.toml:1: not OPTION = \"VALUE\"", ""},
      {"uploads = many", 3, "config.toml:1: --uploads: \"many\" is not a number from 1 to 64", ""},
  };
  for (const Mistake& mistake : mistakes) {
    CAPTURE(mistake.words);
    const ProgramEnd end = configured(mistake.words, "push image.json oci:other");
    CAPTURE(end.messages);
    CHECK(end.exit_code == mistake.exit_code);
    CHECK(end.messages.contains(cat("/n2c/", mistake.first, "\n")));
    if (!mistake.hint.empty()) CHECK(end.messages.ends_with(cat("hint: ", mistake.hint, "\n")));
    CHECK_FALSE(desk.holds("other"));
  }
  // What is described follows from arguments alone.
  CHECK(configured("psuh = 1", "image made.json config.json").exit_code == 1);
  CHECK(configured("psuh = 1", "--version").exit_code == 0);
  CHECK(configured("psuh = 1", "image made.json config.json layers.json").exit_code == 0);
}

TEST_CASE("options that contradict each other, or name another registry, are refused (#21)") {
  const Desk desk;
  const ProgramEnd reuse =
      desk.run("push image.json 127.0.0.1:1/app:1 --reuse-from app:2 --no-reuse");
  CHECK(reuse.exit_code == 2);
  CHECK(reuse.messages.starts_with("n2c: --reuse-from names what to reuse, and --no-reuse says "));
  for (const char* const other : {"other.example/app", "127.0.0.1:2/app", "localhost/app"}) {
    const ProgramEnd mount =
        desk.run(cat("push image.json 127.0.0.1:1/app:1 --mount-from ", other));
    CHECK(mount.exit_code == 2);
    CHECK(mount.messages.starts_with(
        cat("n2c: --mount-from: \"", other, "\" is not a repository of 127.0.0.1:1\n")));
  }
}

TEST_CASE(
    "a file for the result that cannot be written is reported before anything is sent (#21)") {
  const Desk desk;
  for (const char* const command :
       {"push image.json oci:out", "push --index linux/amd64=image.json oci:out",
        "index linux/amd64=image.json oci:out", "copy ./image.json oci:out"}) {
    for (const char* const file : {"none/digest", "layout", "image.json/digest"}) {
      const ProgramEnd end = desk.run(cat(command, " --digest-file ", file));
      CAPTURE(command);
      CAPTURE(end.messages);
      CHECK(end.exit_code == 8);
      CHECK(end.messages.starts_with(cat("n2c: --digest-file: open ", file, ": ")));
      CHECK_FALSE(desk.holds("out"));
    }
  }
  const ProgramEnd id = desk.run("push image.json oci:out --image-id-file none/id");
  CHECK(id.exit_code == 8);
  CHECK_FALSE(desk.holds("out"));
  CHECK(desk.run("push image.json oci:out --digest-file /dev/stdout -q").exit_code == 0);
}

}  // namespace mistakes_test
