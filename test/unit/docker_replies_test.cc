#include "engine/docker_replies.h"

#include <doctest/doctest.h>

namespace docker_replies_test {

using namespace n2c;

namespace {

std::optional<std::string> failure_in(std::string_view stream, std::size_t piece = 7) {
  ReplyStream lines;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    lines.write(bytes_of(stream.substr(at, piece)));
  }
  return lines.failure();
}

}  // namespace

TEST_CASE("a failure inside a stream of replies is found, wherever the pieces are cut") {
  const std::string_view stream =
      "{\"status\":\"Loading layer\",\"progress\":\"[=>  ]\"}\r\n"
      "{\"errorDetail\":{\"message\":\"write /x: no space left on "
      "device\"},\"error\":\"short\"}\r\n";
  for (const std::size_t piece : {1UL, 7UL, 1000UL}) {
    CHECK(failure_in(stream, piece) == "write /x: no space left on device");
  }
}

TEST_CASE("a stream without a failure has none, and its last words are kept") {
  ReplyStream lines;
  lines.write(bytes_of("{\"stream\":\"Loaded image: app:1\\n\"}"));
  CHECK_FALSE(lines.failure());
  CHECK(lines.last_words() == "Loaded image: app:1");
}

TEST_CASE("dockerd 28 says that it cannot unpack in a line of the stream, after Loaded image") {
  CHECK(failure_in("{\"stream\":\"Loaded image: app:2\\n\"}\n"
                   "{\"stream\":\"Error unpacking image app:2: layer not found\\n\"}\n") ==
        "Error unpacking image app:2: layer not found");
}

TEST_CASE("a stream that is not JSON is no failure by itself") {
  CHECK_FALSE(failure_in("Loaded image: app:1\n"));
  CHECK_FALSE(failure_in(""));
}

TEST_CASE("an endless line does not fill the memory") {
  ReplyStream lines;
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 8; ++i) lines.write(bytes_of(piece));
  CHECK_FALSE(lines.failure());
  CHECK(lines.last_words().size() < 300);
}

TEST_CASE("an error reply is reported with its message, or with what came instead") {
  const auto words = [](std::string body) {
    return words_of(
        {.status = 500, .body = std::move(body), .url = *http::Url::parse("http://localhost/")});
  };
  CHECK(words("{\"message\":\"No such image\"}") == "No such image");
  CHECK(words("<html>\n<b>Bad Gateway</b>") == "<html>\\n<b>Bad Gateway</b>");
  CHECK(words("") == "no explanation");
}

TEST_CASE("the API version is the engine's own, within what this program knows") {
  CHECK(*negotiate_api("1.41") == "1.41");
  CHECK(*negotiate_api("1.24") == "1.24");
  CHECK(*negotiate_api("1.99") == "1.51");
  CHECK(negotiate_api("1.9").error() ==
        "the engine speaks API 1.9; at least 1.24 (Docker 1.12) is needed");
  CHECK(negotiate_api("").error() == "the engine names no API version");
  CHECK(is_older_api("1.9", "1.41"));
  CHECK_FALSE(is_older_api("1.48", "1.48"));
}

TEST_CASE("the engine's store, rootlessness and virtual machine are read from its info") {
  const auto classic = read_docker_info(
      R"({"ServerVersion":"20.10","Driver":"overlay2","DriverStatus":[["Backing","extfs"]],
          "SecurityOptions":["name=seccomp","name=rootless"],"OperatingSystem":"Docker Desktop"})");
  CHECK(classic->store == DockerFacts::Store::classic);
  CHECK(classic->rootless);
  CHECK(classic->desktop);
  const auto containerd = read_docker_info(
      R"({"Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]})");
  CHECK(containerd->store == DockerFacts::Store::containerd);
  CHECK_FALSE(containerd->rootless);
  CHECK_FALSE(read_docker_info("<html>"));
}

TEST_CASE("an engine reaches our loopback when it runs on our kernel, with the host's network") {
  struct Row {
    const char *info, *release, *why_not;
  };
  for (const Row& row : {
           Row{R"({"KernelVersion":"6.1.0-18-amd64"})", "6.1.0-18-amd64", ""},
           Row{R"({"KernelVersion":"6.12.0-rc1"})", "6.12-rc1", ""},
           Row{R"({"KernelVersion":"6.12.0"})", "6.12", ""},
           Row{R"({})", "6.1.0-18-amd64", ""},
           Row{R"({"SecurityOptions":["name=rootless"],"KernelVersion":"6.1.0"})", "6.1.0",
               "is rootless, with a network of its own"},
           Row{R"({"OperatingSystem":"Docker Desktop","KernelVersion":"6.1.0"})", "6.1.0",
               "runs in a virtual machine"},
           // Colima and Docker Desktop on Linux, OrbStack on a Mac.
           Row{R"({"OperatingSystem":"Ubuntu 24.04.1 LTS","KernelVersion":"6.8.0-39-generic"})",
               "6.1.0-18-amd64", "runs on another kernel (6.8.0-39-generic): in a virtual machine"},
           Row{R"({"KernelVersion":"6.1.1"})", "6.1",
               "runs on another kernel (6.1.1): in a virtual machine"},
           Row{R"({"OperatingSystem":"OrbStack","KernelVersion":"6.10.2-orbstack"})", "",
               "runs in a virtual machine"},
           Row{R"({})", "", "runs in a virtual machine"},
       }) {
    CAPTURE(row.info);
    const auto facts = read_docker_info(row.info);
    REQUIRE(facts);
    CHECK(why_not_our_loopback(*facts, row.release).value_or("") == row.why_not);
  }
}

TEST_CASE("an image's layers and completeness are read, and absent ones are no layers") {
  const std::string a = oci::Digest::of("a").str(), id = oci::Digest::of("id").str();
  const auto image =
      read_engine_image("{\"Id\":\"" + id + "\",\"RootFS\":{\"Layers\":[\"" + a +
                        "\"]},\"Manifests\":[{\"ID\":\"" + id + "\",\"Available\":false}]}");
  CHECK(image->layers == LayerChain{oci::Digest::of("a")});
  CHECK(image->complete == false);
  const auto broken = read_engine_image("{\"Id\":\"" + id + "\",\"RootFS\":{}}");
  CHECK(broken->layers.empty());
  CHECK_FALSE(broken->complete);
  const auto known = read_engine_image("{\"Id\":\"" + id + "\",\"Digest\":\"" + a +
                                       "\",\"RepoDigests\":[\"app@" + id + "\",\"app@x\"]}");
  CHECK(known->manifests == std::vector{oci::Digest::of("a"), oci::Digest::of("id")});
  CHECK_FALSE(read_engine_image("{}"));
  CHECK_FALSE(read_engine_image(R"({"Id":"sha256:1","RootFS":{"Layers":["nonsense"]}})"));
}

TEST_CASE("an image of a list whose id is none is passed over: it would be part of a path (#23)") {
  const auto images = read_image_list(
      R"([{"Id":"sha256:ab01"},{"Id":"a b"},{"Id":"../x"},{"Id":"?x"},{"Id":""},{"Id":"ab01"}])");
  REQUIRE(images);
  REQUIRE(images->size() == 2);
  CHECK(images->front().id == "sha256:ab01");
  CHECK(images->back().id == "ab01");
}

}  // namespace docker_replies_test
