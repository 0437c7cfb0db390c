package recheck

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"labbook/diffargs"
)

// The environment variables that make up a Request.
const (
	Variable         = "LABBOOK_VERIFY"          // which share of the results: "5%"
	FunctionVariable = "LABBOOK_VERIFY_FUNCTION" // only of functions with this in their names
	KeyVariable      = "LABBOOK_VERIFY_KEY"      // only those whose keys begin so, in hexadecimal
	SeedVariable     = "LABBOOK_VERIFY_SEED"     // another seed chooses others
)

// IsVariable reports whether an environment variable is part of a Request.
func IsVariable(name string) bool {
	return name == Variable || strings.HasPrefix(name, Variable+"_")
}

// A Request says which stored results are computed again. The zero Request asks
// for none.
type Request struct {
	Share    float64 // of the keys, from 0 to 1
	Function string  // "" for any
	Key      string  // "" for any
	Seed     string
}

// ParseShare reads a percentage from "0%" to "100%".
func ParseShare(text string) (float64, error) {
	number, isPercentage := strings.CutSuffix(text, "%")
	percent, err := strconv.ParseFloat(number, 64)
	if err != nil || !isPercentage || !(percent >= 0 && percent <= 100) {
		return 0, fmt.Errorf("%q: want a percentage from 0%% to 100%%, such as 5%%", text)
	}
	return percent / 100, nil
}

// FromEnvironment reads a Request as it is asked for by environment variables, of
// which lookUp knows the values. Without [Variable] it is the zero Request.
func FromEnvironment(lookUp func(name string) string) (Request, error) {
	text := lookUp(Variable)
	if text == "" {
		return Request{}, nil
	}
	share, err := ParseShare(text)
	if err != nil {
		return Request{}, fmt.Errorf("%s=%w", Variable, err)
	}
	r := Request{Share: share, Function: lookUp(FunctionVariable), Key: strings.ToLower(lookUp(KeyVariable)), Seed: lookUp(SeedVariable)}
	if strings.Trim(r.Key, "0123456789abcdef") != "" {
		return Request{}, fmt.Errorf("%s=%q: want the beginning of a key, in hexadecimal", KeyVariable, r.Key)
	}
	return r, nil
}

// Environment returns the variables that ask for r, as NAME=VALUE.
func (r *Request) Environment() []string {
	env := []string{Variable + "=" + strconv.FormatFloat(100*r.Share, 'g', -1, 64) + "%"}
	for _, v := range []struct{ name, value string }{{FunctionVariable, r.Function}, {KeyVariable, r.Key}, {SeedVariable, r.Seed}} {
		if v.value != "" {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}

// Chooses reports whether the result of a function with that key is to be
// computed again. The same keys are chosen wherever and whenever it is asked; of
// more than a few, about as many as the share says.
func (r *Request) Chooses(function string, key diffargs.Digest) bool {
	if !strings.Contains(strings.ToLower(function), strings.ToLower(r.Function)) {
		return false
	}
	if r.Key != "" && !strings.HasPrefix(key.String(), r.Key) {
		return false
	}
	if r.Share >= 1 {
		return true
	}
	digest := diffargs.Sum(append([]byte("labbook verify\x00"+r.Seed+"\x00"), key[:]...))
	const bits = 53 // of a float64
	return float64(binary.LittleEndian.Uint64(digest[:])>>(64-bits)) < r.Share*(1<<bits)
}
