/* What cameras do to a picture between the encoder and the network. Any thread. */
#pragma once

#include "gwgen/kinds.h"

/* Makes `form` of `picture`, as the kind writes it; the two share nothing. The picture that a
 * receiver must make of it stays the same. -ENOMEM. */
int form_make(struct picture *form, const struct picture *picture, const struct kind *kind);
