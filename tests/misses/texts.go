package misses

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"labbook/diffargs"
)

// texts are situations with strings.
var texts = []situation{
	{
		name:  "texts/a newline at the end",
		story: "an editor ends the last line of a configuration",
		seen:  "Nextflow and Snakemake users: the same file with another hash",
		runs:  pair(func() { configure(settings) }, func() { configure(settings + "\n") }),
		want:  argument("config", whitespace),
	},
	{
		name:  "texts/line ends of Windows",
		story: "git has turned LF into CRLF on checking out",
		seen:  "DVC: every file is changed on Windows",
		runs:  pair(func() { configure(settings) }, func() { configure(strings.ReplaceAll(settings, "\n", "\r\n")) }),
		want:  argument("config", whitespace),
	},
	{
		name:  "texts/indented anew",
		story: "a formatter has indented the configuration",
		runs:  pair(func() { configure(settings) }, func() { configure(strings.ReplaceAll(settings, "  ", "\t")) }),
		want:  argument("config", whitespace),
	},
	{
		name:  "texts/a byte order mark",
		story: "a spreadsheet has saved the configuration, and put a mark before it that nobody sees",
		seen:  "users of Excel with every tool",
		runs:  pair(func() { configure(settings) }, func() { configure("\uFEFF" + settings) }),
		want:  argument("config", whitespace),
	},
	{
		name:  "texts/an accent",
		story: "a file system of Apple's gives back é as e and an accent",
		seen:  "git, DVC and rsync users on macOS: NFC and NFD",
		runs:  pair(func() { describe("caf\u00e9") }, func() { describe("cafe\u0301") }),
		want:  argument("name", diffargs.Value),
	},
	{
		name:  "texts/upper case",
		story: "a data set is called Digits by one and digits by the other",
		runs:  pair(func() { describe("digits, by hand") }, func() { describe("Digits, by hand") }),
		want:  argument("name", letterCase),
	},
	{
		name:  "texts/an absolute path",
		story: "the path of the data is made absolute",
		seen:  "Gradle: absolute paths in the inputs; ccache: base_dir; DVC",
		runs: pair(func() { open(filepath.Join("data", "digits.csv")) }, func() {
			here, err := os.Getwd()
			must(err)
			open(filepath.Join(here, "data", "digits.csv"))
		}),
		want: argument("path", diffargs.Value),
	},
	{
		name:  "texts/a word in a long text",
		story: "one number in the middle of a long configuration changed",
		runs: pair(
			func() { configure(longSettings()) },
			func() { configure(strings.Replace(longSettings(), "item 1500: 1500", "item 1500: 1501", 1)) }),
		want: argument("config", diffargs.Value),
	},
	{
		name:  "texts/a folder that is new each time",
		story: "the parameters name a scratch folder that os.MkdirTemp has made",
		seen:  "Snakemake with mkdtemp in params (BALSAMIC #1213)",
		runs:  pair(inScratchFolder, inScratchFolder),
		want:  argument("params.Scratch", diffargs.Value),
	},
	{
		name:  "texts/a name, values not stored",
		story: "another data set, and nobody had asked for the values to be kept",
		runs:  plainly(func() { describe("digits") }, func() { describe("letters") }),
		want:  argument("name", diffargs.Value),
	},
}

const settings = "model:\n  depth: 3\n  rate: 0.1\ndata:\n  name: digits"

func longSettings() string {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "item %d: %d\n", i, i)
	}
	return b.String()
}

func inScratchFolder() {
	scratch, err := os.MkdirTemp(".", "scratch-*")
	must(err)
	train(Params{Rate: 0.1, Scratch: scratch})
}
