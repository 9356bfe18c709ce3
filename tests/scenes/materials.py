# SPDX-License-Identifier: GPL-3.0-or-later
"""Procedural surfaces: every material of the street is made of shader nodes here, no picture files.

In: names and linear RGB colours. Out: Blender materials, made once per name and scene (`forget()` starts a new scene).
"""
import bpy

_made = {}


def forget():
    """Drop the cache: Blender frees all materials when a new empty file is read."""
    _made.clear()


def _empty(name):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    return material, tree, tree.nodes["Principled BSDF"]


def _math(tree, operation, a, b):
    node = tree.nodes.new("ShaderNodeMath")
    node.operation = operation
    for socket, value in zip(node.inputs, (a, b)):
        if isinstance(value, (int, float)):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[0]


def _mix(tree, factor, a, b):
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type = "RGBA"
    tree.links.new(factor, node.inputs["Factor"])
    for key, value in (("A", a), ("B", b)):
        socket = next(s for s in node.inputs if s.name == key and s.type == "RGBA")
        if isinstance(value, tuple):
            socket.default_value = (*value, 1)
        else:
            tree.links.new(value, socket)
    return next(s for s in node.outputs if s.type == "RGBA")


def _noise(tree, position, scale, detail=6):
    node = tree.nodes.new("ShaderNodeTexNoise")
    node.inputs["Scale"].default_value = scale
    node.inputs["Detail"].default_value = detail
    tree.links.new(position, node.inputs["Vector"])
    return node.outputs["Fac"]


def _bump(tree, shader, height, strength, distance=0.01, invert=False):
    node = tree.nodes.new("ShaderNodeBump")
    node.inputs["Strength"].default_value = strength
    node.inputs["Distance"].default_value = distance
    node.invert = invert
    tree.links.new(height, node.inputs["Height"])
    tree.links.new(node.outputs[0], shader.inputs["Normal"])


def _position(tree, world):
    if world:
        return tree.nodes.new("ShaderNodeNewGeometry").outputs["Position"]
    return tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]


def plain(name, colour, rough=0.6, metal=0.0, mottle=0.0, scale=20, bump=0.0, emit=0.0, coat=0.0, world=False):
    """One colour, optionally mottled by noise (`mottle` = relative amplitude) and bumped."""
    key = f"{name}{tuple(round(c, 3) for c in colour)}"
    if key in _made:
        return _made[key]
    material, tree, shader = _empty(key)
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    shader.inputs["Coat Weight"].default_value = coat
    if emit:
        shader.inputs["Emission Color"].default_value = (*colour, 1)
        shader.inputs["Emission Strength"].default_value = emit
    if mottle or bump:
        noise = _noise(tree, _position(tree, world), scale)
        if mottle:
            spread = tree.nodes.new("ShaderNodeMapRange")
            for socket, value in (("From Min", 0.3), ("From Max", 0.7), ("To Min", 1 - mottle), ("To Max", 1 + mottle)):
                spread.inputs[socket].default_value = value
            tree.links.new(noise, spread.inputs["Value"])
            tint = tree.nodes.new("ShaderNodeVectorMath")
            tint.operation = "SCALE"
            tint.inputs[0].default_value = colour
            tree.links.new(spread.outputs["Result"], tint.inputs["Scale"])
            tree.links.new(tint.outputs[0], shader.inputs["Base Color"])
        if bump:
            _bump(tree, shader, noise, bump, 0.02)
    _made[key] = material
    return material


def asphalt():
    material, tree, shader = _empty("asphalt")
    position = _position(tree, True)
    fine = _noise(tree, position, 45, 3)
    colour = _mix(tree, _noise(tree, position, 0.35), (0.035, 0.035, 0.037), (0.10, 0.098, 0.094))
    colour = _mix(tree, _math(tree, "MULTIPLY", fine, 0.55), colour, (0.13, 0.13, 0.128))
    # Cracks: edges of large Voronoi cells whose position is shaken by noise.
    shaken = tree.nodes.new("ShaderNodeVectorMath")
    shaken.operation = "ADD"
    shake = tree.nodes.new("ShaderNodeTexNoise")
    shake.inputs["Scale"].default_value = 1.3
    tree.links.new(position, shake.inputs["Vector"])
    tree.links.new(position, shaken.inputs[0])
    tree.links.new(shake.outputs["Color"], shaken.inputs[1])
    cells = tree.nodes.new("ShaderNodeTexVoronoi")
    cells.feature = "DISTANCE_TO_EDGE"
    cells.inputs["Scale"].default_value = 0.28
    tree.links.new(shaken.outputs[0], cells.inputs["Vector"])
    crack = _math(tree, "LESS_THAN", cells.outputs["Distance"], 0.006)
    colour = _mix(tree, _math(tree, "MULTIPLY", crack, 0.7), colour, (0.012, 0.012, 0.012))
    oil = _math(tree, "GREATER_THAN", _noise(tree, position, 0.9, 2), 0.66)
    colour = _mix(tree, _math(tree, "MULTIPLY", oil, 0.4), colour, (0.02, 0.02, 0.02))
    tree.links.new(colour, shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.85
    _bump(tree, shader, fine, 0.35)
    return material


def bricks(name, colour, mortar, scale, upright=False, mortar_size=0.015):
    """Paving (`upright=False`) or tiled wall; the second brick colour is the first, a little darker."""
    material, tree, shader = _empty(name)
    position = _position(tree, True)
    vector = position
    if upright:
        split = tree.nodes.new("ShaderNodeSeparateXYZ")
        joined = tree.nodes.new("ShaderNodeCombineXYZ")
        tree.links.new(position, split.inputs[0])
        tree.links.new(_math(tree, "ADD", split.outputs[0], split.outputs[1]), joined.inputs[0])
        tree.links.new(split.outputs[2], joined.inputs[1])
        vector = joined.outputs[0]
    brick = tree.nodes.new("ShaderNodeTexBrick")
    tree.links.new(vector, brick.inputs["Vector"])
    for socket, value in (("Color1", (*colour, 1)), ("Color2", (*(c * 0.85 for c in colour), 1)), ("Mortar", (*mortar, 1)),
                          ("Scale", scale), ("Brick Width", 0.5), ("Row Height", 0.25), ("Mortar Size", mortar_size)):
        brick.inputs[socket].default_value = value
    dirt = _math(tree, "MULTIPLY", _noise(tree, position, 0.7), 0.55)
    tree.links.new(_mix(tree, dirt, brick.outputs["Color"], (0.09, 0.085, 0.075)), shader.inputs["Base Color"])
    shader.inputs["Roughness"].default_value = 0.8
    _bump(tree, shader, brick.outputs["Fac"], 0.3, invert=True)
    return material


def clothes(top, trousers, hair, skin, height_scale):
    """A person's skin, hair and clothes, told apart by where a point lies on the body (object space, z up)."""
    material, tree, shader = _empty("clothes")
    shader.inputs["Roughness"].default_value = 0.85
    split = tree.nodes.new("ShaderNodeSeparateXYZ")
    tree.links.new(_position(tree, False), split.inputs[0])
    x, y, z = split.outputs
    k = height_scale
    above = lambda metres: _math(tree, "GREATER_THAN", z, metres * k)
    colour = _mix(tree, above(0.09), (0.03, 0.03, 0.03), trousers)
    colour = _mix(tree, above(0.93), colour, top)
    bare_arm = _math(tree, "MULTIPLY", _math(tree, "GREATER_THAN", _math(tree, "ABSOLUTE", y, 0), 0.19 * k), _math(tree, "LESS_THAN", z, 1.16 * k))
    colour = _mix(tree, _math(tree, "MULTIPLY", bare_arm, above(0.5)), colour, skin)
    colour = _mix(tree, above(1.43), colour, skin)
    back_of_head = _math(tree, "MULTIPLY", above(1.5), _math(tree, "LESS_THAN", x, 0.01))
    colour = _mix(tree, _math(tree, "MAXIMUM", above(1.63), back_of_head), colour, hair)
    tree.links.new(colour, shader.inputs["Base Color"])
    return material


def rubber():
    return plain("rubber", (0.012, 0.012, 0.012), 0.8)


def steel():
    return plain("steel", (0.35, 0.35, 0.36), 0.4, 0.9)


def cardboard():
    return plain("cardboard", (0.32, 0.2, 0.1), 0.8, mottle=0.1)
