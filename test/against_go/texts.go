package main

import (
	"errors"
	"fmt"
	"math/rand"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func path(r *rand.Rand) question {
	parts := []string{"/", "/", "//", ".", "..", "a", "nix", "store", "b.c", "...", "é", "\xff", " "}
	if r.Intn(2) == 0 {
		text := some(r, parts, 10)
		return question{texts: []string{"clean", text}, value: filepath.Clean(text)}
	}
	first, second, third := some(r, parts, 5), some(r, parts, 5), some(r, parts, 5)
	return question{texts: []string{"join", first, second, third}, value: filepath.Join(first, second, third)}
}

// Characters beyond ASCII that are not printable are left out: quote() takes them for printable.
func quotedOrOctal(r *rand.Rand) question {
	if r.Intn(2) == 0 {
		text := some(r, []string{"a", "\"", "\\", "\n", "\t", "\a", "\x00", "\x1f", "\x7f", " ", "é", "本", "\U0001f600", "\xff", "\xc3",
			"\xed\xa0\x80", "'", "$", "`"}, 10)
		return question{texts: []string{"quote", text}, value: strconv.Quote(text)}
	}
	text := some(r, []string{"0", "7", "5", "755", "8", "9", "0o", "0x", "-", "+", " ", "\t", "\n", "\r", "_", "a", "\u00a0", "\u2003",
		"7777777777", "."}, 6)
	var value int64
	_, err := fmt.Sscanf(text, "%o", &value)
	return question{texts: []string{"octal", text}, value: strconv.FormatInt(value, 10), err: err}
}

func integer(r *rand.Rand) question {
	text := some(r, []string{"0", "1", "7", "8", "9", "12", "0x", "0X", "0o", "0O", "0b", "0B", "_", "-", "+", "f", "A", "g", " ",
		"9223372036854775807", "9223372036854775808", "ffffffff", ".", "e"}, 5)
	value, err := strconv.ParseInt(text, 0, 64)
	return question{texts: []string{"integer", text}, value: strconv.FormatInt(value, 10), err: err}
}

// A time that is nearly always valid in most of its parts.
func moment(r *rand.Rand) question {
	maybe := func(usual string, others ...string) string {
		if r.Intn(6) > 0 {
			return usual
		}
		return others[r.Intn(len(others))]
	}
	two := func(most int) string { return fmt.Sprintf("%02d", r.Intn(most+1)) }
	text := maybe(fmt.Sprintf("%04d", r.Intn(10000)), "0000", "9999", "10000", "999", "-001") + maybe("-", "/", "") +
		maybe(two(12), "00", "13", "2", "02") + "-" + maybe(two(31), "00", "29", "30", "31", "32", "9") +
		maybe("T", "t", " ", "") + maybe(two(23), "24", "3", "00", "003") + ":" + maybe(two(59), "60", "5") + ":" +
		maybe(two(59), "60", "61", "7") + maybe("", ".", ".0", ".120", ",5", ".1234567891", ".000000000", ".0000000009", ",", ".5x") +
		maybe("Z", "z", "", "+00:00", "-00:00", "+02:00", "-23:59", "+24:00", "+25:00", "+01:60", "+01:61", "+23:60", "-24:00", "+0200", "+2:00",
			"Z ", "−02:00")
	if r.Intn(30) == 0 {
		at := r.Intn(len(text) + 1)
		text = text[:at] + pick(r, []string{" ", "0", ":", "-", "\x00", "é"}) + text[at:]
	}
	value, err := time.Parse(time.RFC3339, text)
	written, failed := value.MarshalJSON()
	return question{texts: []string{"time", text}, value: strings.Trim(string(written), `"`), err: errors.Join(err, failed)}
}
