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
/// Failures are n2c::Error: kind(), what() and hint(). Calls block; threads that they start end
/// with them. Use an object from one thread at a time unless its header calls it thread-safe.
/// There is no global state: two Registries are independent. The library installs no signal
/// handler; the program should ignore SIGPIPE.
///
/// The headers below document the rest. They are in the folders of n2c's source.

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
