/* What a record says was found, drawn on its picture. */
#pragma once

struct canvas;
struct json_t;

/* Boxes, polygons, points, masks and labels of the result of a record; the canvas is the picture as
 * it is seen. */
void drawing_add(struct canvas *canvas, const struct json_t *result);
