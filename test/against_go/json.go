package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
)

var (
	scalars = []string{"null", "true", "false", "0", "-0", "1", "-1", "1.0", "1e5", "1E+05", "-2.50e-7", "1e400",
		"9223372036854775807", "9223372036854775808", "18446744073709551616", "0.1", "123456789012345678901234567890"}
	pieces = []string{"a", "Env", "é", "ſ", "K", "<", ">", "&", "'", "/", "\\/", "\\\"", "\\\\", "\\b", "\\f", "\\n", "\\r",
		"\\t", "\\u0041", "\\u0000", "\\u001f", "\\u2028", "\u2028", "\u2029", "\\ud83d\\ude00", "\\uD83D", "\\ude00", "\\ud83dx",
		"\U0001f600", "\ufffd", "\x7f", "\u0085", "\ufeff", "\uffff", "\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80"}
	strangers = []string{",", ":", "{", "}", "[", "]", "\"", "\\", "0", "-", "+", ".", "e", "tru", "nul", "NaN", "//", "\x00",
		"\v", "\u00a0", "\ufeff", "\\u12", "\\x41", "'", "\n", "\t", "01", "1.", ".5", "\xff"}
	blanks = []string{"", "", "", " ", "\n", "\t", "\r", "  "}
)

func pick(r *rand.Rand, from []string) string { return from[r.Intn(len(from))] }

func writeText(r *rand.Rand, to *strings.Builder) {
	to.WriteByte('"')
	for n := r.Intn(5); n > 0; n-- {
		to.WriteString(pick(r, pieces))
	}
	to.WriteByte('"')
}

func writeValue(r *rand.Rand, to *strings.Builder, depth int) {
	to.WriteString(pick(r, blanks))
	kind := r.Intn(6)
	if depth == 0 {
		kind = r.Intn(3)
	}
	switch kind {
	case 0:
		to.WriteString(pick(r, scalars))
	case 1, 2:
		writeText(r, to)
	default:
		brackets := "[]"
		if kind == 5 {
			brackets = "{}"
		}
		to.WriteByte(brackets[0])
		for i, n := 0, r.Intn(5); i < n; i++ {
			if i > 0 {
				to.WriteByte(',')
			}
			if kind == 5 {
				to.WriteString(pick(r, blanks))
				writeText(r, to)
				to.WriteString(pick(r, blanks) + ":")
			}
			writeValue(r, to, depth-1)
		}
		to.WriteString(pick(r, blanks))
		to.WriteByte(brackets[1])
	}
	to.WriteString(pick(r, blanks))
}

// The document as Go writes it, with its members in their order, and what is there twice.
func rewritten(text string) (string, error) {
	if !json.Valid([]byte(text)) {
		return "", errors.New("invalid")
	}
	type level struct {
		object bool
		tokens int
	}
	var compact, indented bytes.Buffer
	var levels []level
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", err
		}
		delimiter, isDelimiter := token.(json.Delim)
		ends := isDelimiter && (delimiter == ']' || delimiter == '}')
		if ends {
			levels = levels[:len(levels)-1]
			compact.WriteString(delimiter.String())
			continue
		}
		if len(levels) > 0 {
			at := &levels[len(levels)-1]
			if at.object && at.tokens%2 == 1 {
				compact.WriteByte(':')
			} else if at.tokens > 0 {
				compact.WriteByte(',')
			}
			at.tokens++
		}
		if isDelimiter {
			compact.WriteString(delimiter.String())
			levels = append(levels, level{object: delimiter == '{'})
			continue
		}
		marshalled, err := json.Marshal(token)
		if err != nil {
			return "", err
		}
		compact.Write(marshalled)
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "\t"); err != nil {
		return "", err
	}
	return compact.String() + "\n" + indented.String(), nil
}

func document(r *rand.Rand) question {
	if r.Intn(2000) == 0 { // about as deep as Go reads
		depth := 9990 + r.Intn(20)
		text := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		var err error
		if !json.Valid([]byte(text)) {
			err = fmt.Errorf("%d levels", depth)
		}
		return question{texts: []string{"is_json", text}, err: err}
	}
	var built strings.Builder
	writeValue(r, &built, r.Intn(6))
	text := built.String()
	for n := r.Intn(5) - 2; n > 0; n-- {
		at := r.Intn(len(text) + 1)
		if r.Intn(2) == 0 {
			text = text[:at] + pick(r, strangers) + text[at:]
		} else {
			text = text[:at] + text[min(at+1, len(text)):]
		}
	}
	value, err := rewritten(text)
	return question{texts: []string{"json", text}, value: value, err: err}
}
