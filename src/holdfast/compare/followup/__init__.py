"""The same requests once more, in a fixed family of general variations: does the loss show when they are put differently?"""
