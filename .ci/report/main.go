// Command report reads the output of `go test -json` on standard input, prints a line a package and all that failing
// tests said, and exits with 1 if a test failed or was left out: here nothing may be left out.
//
//	go test -json ./... | report [-allow REGEXP]
//
// -allow names what may be left out all the same, by a regular expression over what the test said.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
	Elapsed                                   float64
}

type name struct{ pkg, test string }

func main() {
	allow := flag.String("allow", "^$", "what may be left out, by what the test said")
	flag.Parse()
	allowed := regexp.MustCompile(*allow)
	said := make(map[name]*strings.Builder)
	text := func(n name) string {
		if b := said[n]; b != nil {
			return b.String()
		}
		return ""
	}
	var failed, skipped []string
	passed := 0
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text()) // of the compiler, or of go itself
			continue
		}
		n := name{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			if e.Action == "build-output" {
				n = name{e.ImportPath, ""}
			}
			if said[n] == nil {
				said[n] = &strings.Builder{}
			}
			said[n].WriteString(e.Output)
		case "build-fail":
			failed = append(failed, e.ImportPath+" does not build")
			fmt.Print(text(name{e.ImportPath, ""}))
		case "fail":
			fmt.Printf("FAIL  %s %s (%.1f s)\n%s", e.Package, e.Test, e.Elapsed, text(n))
			failed = append(failed, strings.TrimSpace(e.Package+" "+e.Test))
		case "skip":
			if e.Test == "" {
				continue // a package without tests
			}
			if !allowed.MatchString(text(n)) {
				skipped = append(skipped, e.Package+" "+e.Test+"\n"+text(n))
			} else {
				fmt.Printf("left out, as allowed: %s %s\n", e.Package, e.Test)
			}
		case "pass":
			if e.Test == "" {
				fmt.Printf("ok    %s (%.1f s)\n", e.Package, e.Elapsed)
			} else {
				passed++
			}
			delete(said, n)
		}
	}
	if err := in.Err(); err != nil {
		failed = append(failed, "the output of go test could not be read: "+err.Error())
	}
	fmt.Printf("\n%d tests passed, %d failed, %d were left out.\n", passed, len(failed), len(skipped))
	for _, f := range failed {
		fmt.Println("failed:", f)
	}
	for _, s := range skipped {
		fmt.Println("left out:", s)
	}
	if len(failed)+len(skipped) > 0 || passed == 0 {
		os.Exit(1)
	}
}
