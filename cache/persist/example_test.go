package persist_test

import (
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
