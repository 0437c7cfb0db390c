package codeid

import (
	"crypto/rand"
	"sync"
)

// processID is different in every process.
var processID = sync.OnceValue(rand.Text)
