// Compares src/go with what it stands for: the packages of Go's own library.
//
// usage: against_go ANSWERS SECONDS SEED RESULTS
//
// ANSWERS is test/answers_as_go. Cases are made at random for SECONDS, and given to it and to Go.
// Each kind of difference is shown with its first cases. RESULTS is a file that gets the counts as
// JSON. The last line says how many cases there were and how many differ; if any does, exits with 1.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"strconv"
	"time"
)

// One question about a function of src/go, and what Go's own makes of it.
type question struct {
	texts []string // of which the first names the function
	value string
	err   error
}

var packages = []struct {
	name string
	ask  func(*rand.Rand) question
}{
	{"archive/tar", tarHeader},
	{"encoding/json", document},
	{"fmt", quotedOrOctal},
	{"path/filepath", path},
	{"regexp", expression},
	{"strconv", integer},
	{"time", moment},
}

type count struct {
	Cases       int `json:"cases"`
	Values      int `json:"values"` // cases in which Go has no error
	Differences int `json:"differences"`
}

const (
	batch = 256 // questions that are written at once
	shown = 3   // cases of each kind of difference
)

func fatal(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	fatal(err)
	return value
}

func difference(asked question, hasValue bool, text string) string {
	switch {
	case asked.err != nil && hasValue:
		return "a value where Go has an error"
	case asked.err == nil && !hasValue:
		return "an error where Go has a value"
	case asked.err == nil && asked.value != text:
		return "another value"
	}
	return ""
}

func clip(text string) string {
	if len(text) > 400 {
		return text[:400] + "…"
	}
	return text
}

func show(name, kind string, asked question, text string) {
	fmt.Printf("%s: %s\n", name, kind)
	for _, given := range asked.texts {
		fmt.Printf("  given %q\n", clip(given))
	}
	if asked.err != nil {
		fmt.Printf("  Go:   error: %v\n", asked.err)
	} else {
		fmt.Printf("  Go:   %q\n", clip(asked.value))
	}
	fmt.Printf("  here: %q\n", clip(text))
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: against_go ANSWERS SECONDS SEED RESULTS")
	}
	each := time.Duration(number(os.Args[2])) * time.Second / time.Duration(len(packages))
	counts, cases, differences := map[string]*count{}, 0, 0
	here := start(os.Args[1])
	for _, one := range packages {
		random, counted, kinds := rand.New(rand.NewSource(number(os.Args[3]))), &count{}, map[string]int{}
		for end := time.Now().Add(each); time.Now().Before(end); {
			asked := make([]question, batch)
			for i := range asked {
				asked[i] = one.ask(random)
			}
			written := make(chan bool)
			go func() { here.put(asked); close(written) }()
			for i := range asked {
				hasValue, text := here.answer()
				counted.Cases++
				if asked[i].err == nil {
					counted.Values++
				}
				kind := difference(asked[i], hasValue, text)
				if kind == "" {
					continue
				}
				counted.Differences++
				if kinds[kind]++; kinds[kind] <= shown {
					show(one.name, kind, asked[i], text)
				}
			}
			<-written
		}
		fmt.Printf("%s: %d cases, %d with a value, %d differences\n", one.name, counted.Cases, counted.Values,
			counted.Differences)
		counts[one.name] = counted
		cases, differences = cases+counted.Cases, differences+counted.Differences
	}
	text, err := json.MarshalIndent(counts, "", " ")
	fatal(err)
	fatal(os.WriteFile(os.Args[4], text, 0o644))
	fmt.Printf("%d cases, %d differences\n", cases, differences)
	if differences > 0 {
		os.Exit(1)
	}
}
