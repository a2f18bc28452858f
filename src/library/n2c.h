#pragma once
/// libn2c: images described by store paths, and the places they can go.
///
///     #include <n2c.h>    // g++ -std=c++23 app.cc $(pkg-config --cflags --libs n2c)
///
///     n2c::Image image = n2c::load_image_json("image.json", {});
///     image.config_json;                     // the config, as it will be stored
///     image.layers[0].blob.bytes->open();    // a layer's tar, made while it is read
///
///     n2c::Registries registries({});        // logins of docker and podman, TLS, retries
///     auto place = n2c::open_destination(*n2c::Address::parse("ghcr.io/acme/app:1"),
///                                        {.registries = registries});
///     place->push(image, {}, progress, {});  // progress: your n2c::Progress
///
/// Failures are n2c::Error: kind(), what() and hint(). Calls block and start threads of their own
/// that end with them; what a header does not call thread-safe is for one thread at a time. There
/// is no global state: two Registries know nothing of each other. A signal handler is not
/// installed, and SIGPIPE should be ignored by the program.
///
/// The headers below say the rest; they lie in the folders of the n2c source.

#include "base/error.h"
#include "base/stream.h"
#include "image/image.h"
#include "image/image_json.h"
#include "places/address.h"
#include "places/image_destination.h"
#include "places/open.h"
#include "remote/registries.h"
#include "transfer/copy.h"
#include "transfer/index.h"
#include "transfer/progress.h"
#include "transfer/push.h"
