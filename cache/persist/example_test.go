package persist_test

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"

	"labbook/cache/persist"
)

type Model struct {
	Name    string
	Weights []float64
}

func Example() {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.cbor")

	if err := persist.Dump(path, Model{"ridge", []float64{0.5, -1}}); err != nil {
		log.Fatal(err)
	}
	model, err := persist.Load[Model](path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(model.Name, model.Weights)
	// Output: ridge [0.5 -1]
}

type Shape interface{ Area() float64 }

type Disc struct{ Radius float64 }

func (d Disc) Area() float64 { return 3 * d.Radius * d.Radius }

func ExampleRegister() {
	persist.Register[Disc]()

	data, err := persist.Marshal([]Shape{Disc{2}})
	if err != nil {
		log.Fatal(err)
	}
	var shapes []Shape
	if err := persist.Unmarshal(data, &shapes); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", shapes)
	// Output: [{Radius:2}]
}

func ExampleCheckType() {
	type Session struct {
		User   string
		Logout func()
	}
	fmt.Println(persist.CheckType(reflect.TypeFor[Session]()))
	// Output: .Logout of type func() cannot be stored: a function lives in one process; store what it is made from
}

func ExampleOpen() {
	dir, err := os.MkdirTemp("", "persist")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "features.cbor")
	if err := persist.Dump(path, make([]float64, 1_000_000)); err != nil {
		log.Fatal(err)
	}

	features, err := persist.Open[[]float64](path, persist.CopyOnWrite)
	if err != nil {
		log.Fatal(err)
	}
	defer features.Close()
	features.Value[3] = 1 // here, and not in the file
	fmt.Println(len(features.Value), features.Value[3])
	// Output: 1000000 1
}

func ExampleEncode() {
	var stream bytes.Buffer
	counts := make([]int, 100_000)
	if err := persist.Encode(&stream, counts, persist.Compress(persist.Zstd), persist.Level(3)); err != nil {
		log.Fatal(err)
	}
	fmt.Println("smaller by a factor of a hundred:", stream.Len() < 8*len(counts)/100)

	again, err := persist.Decode[[]int](&stream)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(again))
	// Output:
	// smaller by a factor of a hundred: true
	// 100000
}
