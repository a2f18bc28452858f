#pragma once
/// Go's text/template, as far as people use it to have one field of a JSON document printed, with
/// the functions that podman's and skopeo's --format knows (containers/common, pkg/report).

#include <string>
#include <string_view>

#include "base/error.h"
#include "go/encoding_json.h"

namespace n2c::go {

/// What the template makes of the document. It may have text, {{.Field.Of.Field}}, {{range}},
/// {{if}}, {{with}}, {{else}}, {{end}}, variables, comments, {{- and -}}, pipelines, literals, and
/// the functions and, eq, index, join, json, len, lower, ne, not, or, print, println,
/// replace, split, title, trim, upper. Field names are met in any case and with or without "_", so
/// that .RootFS.DiffIDs finds "rootfs" and "diff_ids". \t and \n that are spelt out outside of
/// actions are a tab and a line end, as in --format of podman and skopeo. At most 16 MiB come out.
/// The error says what cannot be understood, or which fields there are in place of an unknown one.
Parsed<std::string> execute_template(std::string_view text, const Json& document);

}  // namespace n2c::go
