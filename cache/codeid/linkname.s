// This file lets programMain be declared without a body.
