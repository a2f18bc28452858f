package main

import (
	"math/rand"
	"regexp"
	"strings"
)

var (
	atoms = []string{"a", "b", "ab", "-", "/", "\\.", ".", "^", "$", "\\b", "\\B", "\\d", "\\W", "\\s", "\\pL", "\\PN", "\\p{Greek}",
		"[abc]", "[^a]", "[a-c/]", "[[:alpha:]]", "[^[:space:]x]", "[\\d-]", "[]a]", "[^]a]", "\\x41", "\\x{e9}", "\\x{fffd}", "\\xff",
		"é", "λ", "K", "ſ", "\\Qa.b\\E", "\\Q(", "\\A", "\\z", "\\Z", "\\C", "\\1", "\\_", "\\/", "\\a", "\\07", "\\8", "", "{", "}", "]",
		"(?i)", "(?s)", "(?m)", "(?U)", "(?-i)", "(?im-s)", "(?x)", "(?=a)", "(?!a)", "(?>a)", "[[.a.]]", "[[:foo:]]", "[b-a]", "\\pX",
		"[a", "\\", ")", "[\\Qa\\E]", "[a-\\d]", "(?#c)"}
	repeats = []string{"*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,}", "{2,1}", "{,2}", "{1001}", "{1000}", "**", "*+", "{2}{3}",
		"{", "{a}", "{2,3}?"}
	openings     = []string{"(", "(", "(?:", "(?i:", "(?P<n>", "(?P<m>", "(?<k>", "(?<n>", "(?P<é>", "(?P<>", "(?P<1a>", "(?P=n)", "(?'n'"}
	replacements = []string{"$", "$$", "$0", "$1", "$2", "$10", "$01", "${1}", "${n}", "$n", "$nx", "${k}", "${", "${}", "${1", "${ 1 }",
		"$é", "${é}", "\\1", "x", "/", "$-", "$m1", "{1}", "é", "$٣", "$_", "$1x", "${1}x"}
	letters = []string{"a", "b", "c", "ab", "/", ".", "-", " ", "\n", "0", "A", "é", "É", "λ", "Λ", "K", "K", "s", "ſ", "\ufffd", "\xff", "\xc3",
		"\xe2\x82", "_", "(", "x", "\x00", "١"}
)

func writeExpression(r *rand.Rand, to *strings.Builder, depth int) {
	for n := r.Intn(4); n >= 0; n-- {
		if depth > 0 && r.Intn(3) == 0 {
			to.WriteString(pick(r, openings))
			writeExpression(r, to, depth-1)
			to.WriteByte(')')
		} else {
			to.WriteString(pick(r, atoms[:34+r.Intn(len(atoms)-33)]))
		}
		if r.Intn(3) == 0 {
			to.WriteString(pick(r, repeats[:9+r.Intn(len(repeats)-8)]))
		}
		if r.Intn(6) == 0 {
			to.WriteByte('|')
		}
	}
}

func some(r *rand.Rand, from []string, most int) string {
	var text strings.Builder
	for n := r.Intn(most + 1); n > 0; n-- {
		text.WriteString(pick(r, from))
	}
	return text.String()
}

func expression(r *rand.Rand) question {
	var pattern strings.Builder
	writeExpression(r, &pattern, 3)
	replacement, text := some(r, replacements, 4), some(r, letters, 12)
	texts := []string{"regexp", pattern.String(), replacement, text}
	compiled, err := regexp.Compile(pattern.String())
	if err != nil {
		return question{texts: texts, err: err}
	}
	value := "does not match: "
	if compiled.MatchString(text) {
		value = "matches: "
	}
	return question{texts: texts, value: value + compiled.ReplaceAllString(text, replacement)}
}
