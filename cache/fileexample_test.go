package cache_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"labbook/cache"
)

// clean makes a file without empty lines beside the one that it is given.
func clean(in cache.File) (cache.File, error) {
	fmt.Println("cleaning", filepath.Base(string(in)))
	content, err := os.ReadFile(string(in))
	if err != nil {
		return "", err
	}
	out := in + ".clean"
	return out, os.WriteFile(string(out), bytes.ReplaceAll(content, []byte("\n\n"), []byte("\n")), 0o600)
}

func ExampleFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cleaned := cache.Wrap(cache.New(filepath.Join(dir, "cache"), cache.Options{}), clean)

	data := cache.File(filepath.Join(dir, "data.csv"))
	write := func(content string) {
		if err := os.WriteFile(string(data), []byte(content), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	show := func() {
		out, err := cleaned(data)
		if err != nil {
			log.Fatal(err)
		}
		content, err := os.ReadFile(string(out))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %q\n", filepath.Base(string(out)), content)
	}

	write("1\n\n2\n")
	show() // runs
	show() // the input is what it was

	_ = os.Remove(string(data) + ".clean")
	show() // the output is missing, and comes back

	write("1\n\n3\n")
	show() // the input has changed

	// Output:
	// cleaning data.csv
	// data.csv.clean: "1\n2\n"
	// data.csv.clean: "1\n2\n"
	// data.csv.clean: "1\n2\n"
	// cleaning data.csv
	// data.csv.clean: "1\n3\n"
}
