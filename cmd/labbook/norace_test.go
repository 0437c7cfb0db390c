//go:build !race

package main

// underRace tells that everything takes ten times as long.
const underRace = false
